#!/usr/bin/perl

# Bodies: 16 KiB at most, in one piece or in chunks of any size, and never in
# a file.

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

    return outcome($t->request('PATCH', '/v1/records', body =>
        "${chunks}0\r\n\r\n", headers => [@headers,
                                         ['Transfer-Encoding', 'chunked']]));
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
is(chunked(body(2000), 1), '200', '2000 of one byte');
unlike($t->read('error.log'), qr/buffered to a temporary file/,
       'nothing of this went to a file');

is(chunked(body(16385), 16385), '413 body-too-large', 'one byte too many');
is(chunked(body(16385), 16384, 1), '413 body-too-large', 'in a last chunk');
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

is($t->request('PATCH', '/v1/records', body => "zz\r\n",
    headers => [['Transfer-Encoding', 'chunked']])->{status}, 400,
    'chunks that are none');
is(join(' ', glob($t->path('temp/body/*/*'))), '', 'no file is left');

done_testing();
