#!/usr/bin/perl

# Bodies over HTTP/2, which need not say their length: the same limit, and
# never a file.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Handle;
use JSON::PP qw(decode_json);
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::Signature qw(sign);

use constant PIECES => 16;

plan(skip_all => 'this curl has no HTTP/2')
    if `curl --version` !~ /\bHTTP2\b/;

my $t = SrvRegistrar->new(workers => 1);
my $port = $t->{dns_port};

$t->configure(servers => SrvRegistrar::Configuration::HTTP2);
$t->start();

my $device = $t->device('device');

$device->enroll();

for my $slowly ('', ', slowly') {
    is(streamed(0, $slowly), '200', "no byte$slowly");
    is(streamed(100, $slowly), '200', "100 bytes$slowly");
    is(streamed(16384, $slowly), '200', "16384 bytes$slowly");
    is(streamed(16385, $slowly), '413 body-too-large',
        "16385 bytes$slowly");
    is(streamed(300000, $slowly), '413 body-too-large',
        "300000 bytes$slowly");
}

unlike($t->read('error.log'), qr/buffered to a temporary file/,
       'nothing of this went to a file');

is(outcome($device->patch('{"lease": 62}')), '200', 'an update after that');

done_testing();


# Signs a body and sends it without saying how long it is; slowly, the worker
# has read each piece before the next one comes.

sub streamed
{
    my ($size, $slowly) = @_;

    local $SIG{PIPE} = 'IGNORE';

    my $body = $size ? '{"x":"' . 'y' x ($size - 8) . '"}' : '';
    my $url = "https://registrar.example:$port/v1/records";
    my @fields = sign(method => 'PATCH', url => $url, body => $body,
        keyid => $device->keyid, key => $device->{key},
        created => $device->created());
    my @args = ('curl', '-sS', '--http2', '--cacert',
        $t->path('server-ca.pem'), '--resolve',
        "registrar.example:$port:$t->{address}", '-o', $t->path('reply'),
        '-w', '%{http_code} %{http_version}', '-X', 'PATCH', '-T', '-');

    push(@args, '-H', join(': ', splice(@fields, 0, 2))) while @fields;

    unlink($t->path('reply'));
    open(my $pipe, '|-', 'sh', '-c', 'exec "$@" >"$0" 2>&1',
        $t->path('status'), @args, $url) or die("curl: $!");
    $pipe->autoflush(1);

    my $piece = int(length($body) / PIECES) + 1;

    for ($slowly ? unpack("(a$piece)*", $body) : $body) {
        print $pipe $_;
        $t->request('GET', '/') if $slowly;
    }

    close($pipe);

    my ($status) = $t->read('status') =~ /^(\d{3}) 2$/m
        or return $t->read('status');

    return outcome({ status => $status,
                     json   => eval { decode_json($t->read('reply')) } });
}
