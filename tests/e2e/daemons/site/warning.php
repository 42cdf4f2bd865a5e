<?php
// Goes on after a warning, which names the request.
trigger_error('request ' . ($_SERVER['HTTP_X_REQUEST_ID'] ?? '-'), E_USER_WARNING);
echo "warned\n";
