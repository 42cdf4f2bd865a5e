<?php
// Dies of an exception that nobody catches: a record of several lines.
function save(string $what): never
{
    throw new RuntimeException("request $what");
}
save($_SERVER['HTTP_X_REQUEST_ID'] ?? '-');
