#!/usr/bin/perl

# Bodies: 16 KiB at most, in one piece or in chunks of any size, and never in
# a file.
#
# nginx keeps the heads of small chunks with the body, so that its buffer was
# full after five thousand chunks of a byte.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();
$t->start();

my $device = $t->device('device');

$device->enroll();


# A body of so many bytes.

sub body
{
    my ($size) = @_;

    return '{"x":"' . 'y' x ($size - 8) . '"}';
}


# Signs a body and sends it as chunks of these sizes, the last one repeated.

sub chunked
{
    my ($bytes, $chunks) = chunked_bytes(@_);

    return outcome($t->{client}->exchange($bytes . $chunks));
}


# A request's head and its chunks.

sub chunked_bytes
{
    my ($body, @sizes) = @_;

    my $chunks = '';

    for (my $at = 0; $at < length($body); ) {
        my $size = @sizes > 1 ? shift(@sizes) : $sizes[0];
        my $chunk = substr($body, $at, $size);

        $chunks .= sprintf("%x\r\n%s\r\n", length($chunk), $chunk);
        $at += $size;
    }

    my @headers = map { [split(/: /, $_, 2)] } grep {
        /^(?:Signature|Content-Digest)/
    } split(/\r\n/, $device->signed_bytes('PATCH', '/v1/records', $body));

    return ($t->{client}->bytes('PATCH', '/v1/records', headers => [@headers,
        ['Transfer-Encoding', 'chunked']]), "${chunks}0\r\n\r\n");
}


is(outcome($device->patch(body(16384))), '200', '16384 bytes');

my $reply = $device->patch(body(16385));

is(outcome($reply), '413 body-too-large', '16385 bytes');
is($reply->{headers}{'content-type'}, 'application/problem+json',
   '... a problem');
is(outcome($device->patch(body(1000000))), '413 body-too-large',
   'a million bytes');
is(outcome($device->patch(body(2000000))), '413 body-too-large',
   'more than nginx itself would take');

is(chunked(body(100), 100), '200', 'one chunk');
is(chunked(body(16384), 16384), '200', 'one of 16384 bytes');
is(chunked(body(16384), 1000), '200', 'chunks of 1000');
is(chunked(body(16384), 4096, 1, 8192, 7), '200', 'of odd sizes');
is(chunked(body(16384), 1), '200', '16384 of one byte');
is(chunked(body(16384), 1, 4096, 1), '200', 'of one byte, but for one');
is(chunked(body(16384), 127), '200', 'of 127 bytes');
unlike($t->read('error.log'), qr/buffered to a temporary file/,
       'nothing of this went to a file');

is(chunked(body(16385), 16385), '413 body-too-large', 'one byte too many');
is(chunked(body(16385), 16384, 1), '413 body-too-large', 'in a last chunk');
is(chunked(body(16385), 1), '413 body-too-large', 'in chunks of one byte');
is(chunked(body(500000), 1000), '413 body-too-large', 'far too many');

is(outcome($device->patch('')), '200', 'a body of no bytes');
is(chunked('', 1), '200', 'no chunks');


# Byte by byte, as slowly as a device can.

my $bytes = $device->signed_bytes('PATCH', '/v1/records', '{"lease": 60}');
my $socket = $t->{client}->connect();

$socket->autoflush(1);
print $socket $_ for split(//, $bytes);
is(outcome($t->{client}->reply($socket)), '200', 'a request byte by byte');
close($socket);


# Two requests on one connection.

$socket = $t->{client}->connect();
is(outcome($device->patch('{"lease": 61}', socket => $socket,
       keepalive => 1)), '200', 'the first on a connection');
is(outcome($device->patch('{"lease": "x"}', socket => $socket,
       keepalive => 1)), '422 member-invalid lease', 'the second');
is(outcome($device->patch('{"lease": 62}', socket => $socket,
       keepalive => 1)), '200', 'the third');
is(outcome($device->show(socket => $socket)), '200', 'the last');
close($socket);

# Chunks that come when others have been read already: the head, the first
# third, and so on, each in records of its own.

for ([16384, '200'], [16385, '413 body-too-large']) {
    my ($size, $outcome) = @$_;
    my ($head, $chunks) = chunked_bytes(body($size), 1);

    $socket = $t->{client}->connect();
    $socket->autoflush(1);

    for ($head, unpack('(a30000)*', $chunks)) {
        print $socket $_;

        # Twice: whichever worker has our connection has answered by then.
        $t->request('GET', '/') for 1 .. 2;
    }

    is(outcome($t->{client}->reply($socket)), $outcome,
        "$size of one byte, slowly");
    close($socket);
}

# A refusal in the middle of a body ends the connection; what is left of the
# body is no request.
{
    my (undef, $chunks) = chunked_bytes(body(100000), 1000);

    $socket = $t->{client}->connect();
    print $socket $t->{client}->bytes('PATCH', '/v1/records', keepalive => 1,
        headers => [['Transfer-Encoding', 'chunked']]), $chunks;

    my $reply = $t->{client}->reply($socket);

    is(outcome($reply), '413 body-too-large', 'refused before its end');
    is($reply->{headers}{connection}, 'close', 'nothing more is taken');
    close($socket);
}

is($t->request('PATCH', '/v1/records', body => "zz\r\n",
    headers => [['Transfer-Encoding', 'chunked']])->{status}, 400,
    'chunks that are none');
is(join(' ', glob($t->path('temp/body/*/*'))), '', 'no file is left');

done_testing();
