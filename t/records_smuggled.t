#!/usr/bin/perl

# Requests whose end two readers would see in different places: a proxy in
# front takes the bytes for one request, and what it takes for the body is
# another, signed by somebody who may not come by himself.  They are refused,
# and the connection with them; or the inner one is nothing but a body.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new(workers => 1);

$t->configure(server => 'access_log %%DIR%%/requests.log; '
    . 'location = /outer { srv_registrar records; }');
$t->start();
$t->allow_log(qr/client sent/);

my $device = $t->device('device');

is(outcome($device->enroll()), '201', 'enrolled');
is(outcome($device->register(1)), '200', 'registered');

my $port = 1;

# What stands in the outer request's head: %d is the inner one's length, %x
# the same in hex.

for my $case (
    ['a length and chunks',
        "Content-Length: %d\r\nTransfer-Encoding: chunked\r\n"],
    ['chunks and a length',
        "Transfer-Encoding: chunked\r\nContent-Length: %d\r\n"],
    ['two lengths', "Content-Length: 0\r\nContent-Length: %d\r\n"],
    ['the same length twice', "Content-Length: %d\r\nContent-Length: %d\r\n"],
    ['a list of lengths', "Content-Length: 0, %d\r\n"],
    ['a length with a sign', "Content-Length: +%d\r\n"],
    ['a length that is negative', "Content-Length: -%d\r\n"],
    ['a length in hex', "Content-Length: 0x%x\r\n"],
    ['a huge length', "Content-Length: 1844674407370955161%d\r\n"],
    ['another coding', "Transfer-Encoding: gzip, chunked\r\n"],
    ['one that is none', "Transfer-Encoding: xchunked\r\n"],
    ['chunks, in two lines',
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"],
    ['a space before the colon', "Content-Length : %d\r\n"],
    ['the same, of chunks', "Transfer-Encoding : chunked\r\n"],
    ['a length that is folded', "Content-Length:\r\n %d\r\n"],
    ['one folded behind another field', "X-A: b\r\n Content-Length: %d\r\n"],
    ['a NUL', "X-A: b\0\r\nContent-Length: %d\r\n"],
    ['a CR in a value', "X-A: b\rContent-Length: %d\r\n"],
    ['chunks with a size that is none', "Transfer-Encoding: chunked\r\n",
        "0x0\r\n\r\n"],
    ['chunks with a huge size', "Transfer-Encoding: chunked\r\n",
        "ffffffffffffffff1\r\n"],
    ['a size with a sign', "Transfer-Encoding: chunked\r\n", "-1\r\n"])
{
    my ($name, $head, $begin) = @$case;
    my $inner = inner(++$port);

    $head =~ s/%([dx])/sprintf("%$1", length($inner))/ge;

    my $outer = "PUT /outer HTTP/1.1\r\nHost: " . $t->{client}->authority()
        . "\r\n$head\r\n" . ($begin // '');

    subtest $name => sub {
        my @statuses = statuses($outer . $inner);

        like($statuses[0], qr/^(?:400|413|501)$/, 'not understood');
        is(scalar(@statuses), 1, '... and nothing is taken behind it');
        is(port(), 1, '... nothing was done');
    };
}

# A length is a length: what is in it is no request, and what is behind it is.

my $inner = inner(++$port);
my @statuses = statuses(sprintf("PUT /outer HTTP/1.1\r\nHost: %s\r\n"
    . "Content-Length: %d\r\n\r\n", $t->{client}->authority(),
    length($inner)) . $inner . "GET /none HTTP/1.1\r\nHost: x\r\n"
    . "Connection: close\r\n\r\n");

is("@statuses", '401 404', 'a body that looks like a request');
is(port(), 1, '... is none');

is(join(' ', statuses(inner(++$port))), '200', 'the inner one by itself');
is(port(), $port, '... would be done');

done_testing();


# A signed update.

sub inner
{
    my ($port) = @_;

    return $device->signed_bytes('PUT', '/v1/records',
        SrvRegistrar::Device::registration($port));
}


# Sends the bytes, and reads until the server ends the connection or says no
# more: the statuses of the replies.

sub statuses
{
    my ($bytes) = @_;

    my $socket = $t->{client}->connect() or die($@);
    my $said = '';

    print $socket $bytes;

    while ($socket->pending() || IO::Select->new($socket)->can_read(5)) {
        sysread($socket, $said, 65536, length($said)) or last;
    }

    close($socket);

    return $said =~ m{HTTP/1\.1 (\d{3}) }g;
}


sub port
{
    return $device->show()->{body} =~ /"0 0 (\d+) / ? $1 : 'none';
}
