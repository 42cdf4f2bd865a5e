<?php
// Answers with the status that was asked for.
http_response_code((int) ($_GET['status'] ?? 200));
echo "hello\n";
