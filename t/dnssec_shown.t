#!/usr/bin/perl

# Signatures lie beside a device's records, and nobody takes them for some:
# replies, what operators see, limits, and a name whose records are gone.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json);
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new(dnssec => 15);

# Two RRsets are the device's address and its SRV: with RRSIG and NSEC there
# are five.

$t->configure(zone => 'max_rrsets 2;');
$t->start(dnsd => 1);

my $device = $t->device('first');

is($device->enroll()->{status}, 201, 'enrolled');

my $fqdn = $device->fqdn;
my $reply = $device->register(15269);

is(outcome($reply), '200', 'as many RRsets as the zone allows');
is(types($reply->{body}), 'A SRV', '... are in the reply');
is(types($device->show()->{body}), 'A SRV', 'and in that to GET');
is(outcome($device->patch({})), '200', 'a refresh, too');
is(outcome($device->patch({ records => [
    { name => '@', type => 'TXT', data => ['"x"'] } ] })),
    '422 too-much records', 'one more is too much');
is($t->{keys}->verify($t), '', 'all of it is signed');

is(types($t->srvctl('show', $fqdn)), 'A SRV', 'srvctl show');
like($t->srvctl('check'), qr/ signatures [1-9]\d* .* damaged 0$/,
    'srvctl check counts signatures');
like($t->srvctl('dump'), qr/"RRSIG"/, 'srvctl dump has them');
like($t->srvctl('list'), qr/^\Q$fqdn\E active /m, 'srvctl list: active');

my $serial = $t->serial();

is($t->srvctl('suspend', $fqdn), '', 'srvctl suspend');
is($t->serial(), $serial, '... leaves the serial, which is signed');
is($t->{keys}->verify($t), '', '... and signatures');
is($t->srvctl('resume', $fqdn), '', 'srvctl resume');
is(types($device->show()->{body}), 'A SRV', '... all is there again');

is(outcome($device->delete()), '200', 'withdrawn');
like($t->srvctl('list'), qr/^\Q$fqdn\E silent /m, '... srvctl list: silent');
is(types($device->show()->{body}), '', '... GET shows nothing');

done_testing();


sub types
{
    my ($body) = @_;

    return join(' ', sort(map { $_->{type} }
        @{ decode_json($body)->{records} }));
}
