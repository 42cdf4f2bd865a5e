<?php
// Goes on after a warning, which names the request and holds what no log should: bytes that are
// not UTF-8, and a terminal's escape.
trigger_error('request ' . ($_SERVER['HTTP_X_REQUEST_ID'] ?? '-') . " m\xfcde \e[2J", E_USER_WARNING);
echo "warned\n";
