#!/usr/bin/perl

# How much a device may register: RRsets, records and bytes, of one request
# and of what many of them leave.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->configure(zone => "max_rrsets 4;\nmax_rrs 3;\nmax_bytes 1000;");
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();


sub txt
{
    my ($name, @data) = @_;

    return { name => $name, type => 'TXT', data => [map { "\"$_\"" } @data] };
}


sub put { return outcome($device->put({ records => [@_] })) }
sub patch { return outcome($device->patch({ records => [@_] })) }


sub registered
{
    return scalar(@{ $device->show()->{json}{records} });
}


# RRsets: the address is one of them.

is(put(txt('a', 1), txt('b', 1), txt('c', 1)), '200', 'as many as may be');
is(registered(), 4, 'with the address');
is(put(map { txt($_, 1) } 'a' .. 'd'), '422 too-much records', 'one more');
is(put(map { txt($_, 1) } 'a' .. 'e'), '422 too-much', 'two more');
is(patch(txt('d', 1)), '422 too-much records', 'one more by PATCH');
is(patch(txt('d', 1), txt('a')), '200', 'one for another');
is(patch(map({ txt($_) } 'b' .. 'd'), map({ txt($_, 2) } 'e' .. 'g')),
   '200', 'all of them for others');
is(registered(), 4, 'and they are as many');


# Records of one RRset.

is(put(txt('a', 1 .. 3)), '200', 'as many records as may be');
is(put(txt('a', 1 .. 4)), '422 too-much records[0].data[3]', 'one more');
is(outcome($device->put({ services => [map {
    { service => '_xmpp-server._tcp', port => $_ } } 1 .. 4] })),
    '422 too-much services[3]', 'of a service');


# Bytes.

is(put(txt('a', 'x' x 250, 'y' x 250), txt('b', 'z' x 250)), '200',
   'almost as much as may be');
is(patch(txt('c', 'x' x 250)), '422 too-much records', 'too much by PATCH');
is(put(txt('a', 'x' x 250, 'y' x 250), txt('b', 'z' x 250, 'a' x 250)),
   '422 too-much records[1].data[1]', 'too much by PUT');
is(registered(), 3, 'what was there is there');
is(put(txt('a', 'x' x 256)), '422 rdata-invalid records[0].data[0]',
   'a string that is too long');


# Nothing of this bars a device from leaving, or from a new key.

is(outcome($device->rotate('')), '200', 'a new key');
is(outcome($device->enroll()), '200', 'enrolling again');
is(outcome($device->patch({})), '200', 'a refresh');

$t->configure(zone => "max_rrsets 1;\nmax_rrs 1;\nmax_bytes 200;");
ok($t->reload_all(), 'the operator lowers the limits');
is(outcome($device->patch({})), '422 too-much records',
   'a registration above them is told so');
is(outcome($device->show()), '200', 'it is still shown');
is(outcome($device->delete()), '200', 'and can be withdrawn');
is(outcome($device->patch({})), '200', 'and begun anew');

done_testing();
