#!/usr/bin/perl

# The request target is signed as it was sent, and nginx routes by what it
# makes of it: the two have to be the same bytes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::Signature qw(sign);

my $t = SrvRegistrar->new();

# Whatever path a test thinks up leads to the door.
$t->configure(server => <<'END');
location /any/ {
    srv_registrar records;
}
location = /rewritten {
    rewrite ^ /v1/records last;
}
END
$t->start();

my $device = $t->device('device');
my $host = "registrar.example:$t->{port}";

$device->enroll();


# A GET that is signed for one URL and sent to a target with a Host.

sub sent
{
    my ($url, $target, $sent_host, %sign) = @_;

    my @fields = sign(method => 'GET', url => $url, keyid => $device->keyid,
        key => $device->{key}, authority => $sent_host, %sign);
    my @headers;

    push(@headers, [splice(@fields, 0, 2)]) while @fields;

    return outcome($t->request('GET', $target, headers => \@headers,
        host => $sent_host));
}


sub path
{
    my ($path) = @_;

    return sent("https://$host$path", $path, $host);
}


my @paths = (
    ['/v1/records', '200'],
    ['/any/a-b_c.d~e/', '200'],
    ['/any/?', '200'],
    ['/any/?a=/../b//c%2f', '200'],
    ['/any/??', '200'],
    ['/any/%61', '400 bad-request'],
    ['/any/%2F', '400 bad-request'],
    ['/any/%C3%B6', '400 bad-request'],
    ['/any//a', '400 bad-request'],
    ['//any/', '400 bad-request'],
    ['/any/./a', '400 bad-request'],
    ['/any/b/../a', '400 bad-request'],
    ['/v1/%72ecords', '400 bad-request'],
    ['/v1/../v1/records', '400 bad-request'],
    ['//v1/records', '400 bad-request'],
);

for (@paths) {
    is(path($_->[0]), $_->[1], "path $_->[0]");
}

is(path('/rewritten'), '404', 'a rewritten request is another than was signed');


# The absolute form (RFC 9112 3.2.2).

my $url = "https://$host/v1/records";

is(sent($url, $url, $host), '200', 'absolute form');
is(sent("$url?a", "$url?a", $host), '200', '... with a query');
is(sent($url, "https://other.example/v1/records", $host),
   '400 target-mismatch', '... of another host');
is(sent($url, 'https://registrar.example/v1/records', $host),
   '400 target-mismatch', '... without the port that Host has');
is(sent($url, "http://$host/v1/records", $host), '200',
   '... the scheme is that of the connection');
is(sent($url, uc("https://$host") . '/v1/records', $host), '200',
   '... a host is the same in any case');


# Host.

is(sent('https://registrar.example/v1/records', '/v1/records',
        'registrar.example'), '200', 'a Host without a port');
is(sent('https://registrar.example/v1/records', '/v1/records',
        'registrar.example:443'), '200', '... with the default port');
is(sent('https://registrar.example/v1/records', '/v1/records',
        'REGISTRAR.example'), '200', '... in upper case');
is(sent("https://$host/v1/records", '/v1/records', $host,
        values => { '@authority' => 'registrar.example' }),
   '401 signature-invalid', 'the port belongs to the authority');
is(sent('https://registrar.example/v1/records', '/v1/records',
        'other.example'), '200', 'another Host, signed as it is')
    or diag('the default server serves it');

is(outcome($t->{client}->exchange("GET /v1/records HTTP/1.0\r\n\r\n")),
   '400 bad-request', 'HTTP/1.0 without a Host');
is($t->{client}->exchange("GET /v1/records HTTP/1.1\r\n\r\n")->{status}, 400,
   'HTTP/1.1 without one');

done_testing();
