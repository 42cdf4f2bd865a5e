# Between the balancer and the web server; it stores nothing, so that each request is seen by all.
# @…@ is replaced by doubles/daemons.py.
vcl 4.1;

backend web {
    .host = "127.0.0.1";
    .port = "@BEHIND_PORT@";
}

sub vcl_recv {
    return (pass);
}
