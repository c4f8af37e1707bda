#!/usr/bin/perl

# A client hangs up after each byte of its request, by FIN and by RST, with a
# body of a known length and with chunks: nothing of it is done but where it
# was whole, no connection stays, and the worker goes on.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::Signature qw(sign);

my $t = SrvRegistrar->new(workers => 1);

# Without TLS, so that each byte is one for the registrar, too.
$t->configure(
    connections => 2048,
    server      => 'location = /status { stub_status; }',
    servers     => <<'END');
server {
    listen %%ADDRESS%%:%%DNS_PORT%%;
    server_name registrar.example;
    location = /v1/records { srv_registrar records; }
}
END
$t->start();

my $device = $t->device('device');
my ($worker) = $t->workers();

$device->enroll();
is(outcome($device->register(5000)), '200', 'registered');

for my $chunked (0, 1) {
    for my $reset (0, 1) {
        my $name = ($chunked ? 'chunks' : 'a length') . ', '
            . ($reset ? 'RST' : 'FIN');

        subtest $name => sub {
            my $bytes = request(5001, $chunked);
            my $last = length($bytes) - 1;

            hang_up(substr($bytes, 0, $_), $reset) for 0 .. $last;
            ok(wait_until(sub { connections() == 1 }),
                "after each of $last bytes: no connection is left");
            is(shown(), 5000, 'nothing is done');
        };
    }
}

for my $chunked (0, 1) {
    hang_up(request(6000 + $chunked, $chunked), 0);
    ok(wait_until(sub { shown() == 6000 + $chunked }),
        'after the last byte: it is done');
}

is(join(' ', $t->workers()), $worker, 'by the one worker');
is(outcome($device->register(5002)), '200', 'the next works');

# A worker that leaves by itself says so where it has a connection left.
$t->stop_nginx('QUIT');

done_testing();


sub request
{
    my ($port, $chunked) = @_;

    my $host = "registrar.example:$t->{dns_port}";
    my $body = '{"services":[{"service":"_xmpp-server._tcp","port":' . $port
        . '}]}';
    my @fields = sign(method => 'PUT', body => $body, keyid => $device->keyid,
        url => "http://$host/v1/records", key => $device->{key},
        created => $device->created());
    my @headers = (['Host', $host]);

    push(@headers, [splice(@fields, 0, 2)]) while @fields;

    return $t->{client}->bytes('PUT', '/v1/records', body => $body,
        headers => \@headers) if !$chunked;

    push(@headers, ['Transfer-Encoding', 'chunked']);

    return $t->{client}->bytes('PUT', '/v1/records', headers => \@headers)
        . join('', map { sprintf("%x\r\n%s\r\n", length($_), $_) }
            unpack('(a9)*', $body)) . "0\r\n\r\n";
}


sub hang_up
{
    my ($bytes, $reset) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => $t->{address},
        PeerPort => $t->{dns_port}) // die("connect: $!");

    syswrite($socket, $bytes) if $bytes ne '';
    setsockopt($socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)) if $reset;
    close($socket);
}


sub connections
{
    my ($n) = $t->request('GET', '/status')->{body}
        =~ /^Active connections: (\d+)/;

    return $n;
}


sub shown
{
    return $device->show()->{body} =~ /"0 0 (\d+) / ? $1 : 0;
}
