#!/usr/bin/perl

# What all this is for: two XMPP servers, of which one runs on a device.  The
# device enrols, takes the name it got for the domain of its JIDs, and
# registers a port that is not XMPP's own; from then on a message from a
# friend's server, which knows nothing but DNS, arrives, and one to it too,
# until the lease has run out.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(wait_until);
use SrvRegistrar::Federation;

my $missing = SrvRegistrar::Federation->missing();

plan(skip_all => $missing) if defined($missing);

my $world = SrvRegistrar::Federation->new();
my $fqdn = $world->{fqdn};
my $srv = "_xmpp-server._tcp.$fqdn";

$world->make_servers();
$world->start_servers();


# Both servers run; what is missing is the name.

is($world->message('friend', 'owner'), 'remote-server-not-found',
    'not registered: the friend reaches nobody');
isnt($world->message('owner', 'friend'), 'delivered',
    'not registered: the device cannot prove who it is');

ok($world->register('--lease', 3600), 'registers');
ok(published("0 0 15269 $fqdn."), 'registered: a resolver finds the port');
is($world->found($fqdn, 'A'), $world->{device_address},
    'and the address that the request came from');

ok($world->delivered('friend', 'owner'),
    'registered: the friend reaches the device');
ok($world->delivered('owner', 'friend'),
    'registered: the device reaches the friend');


ok($world->register('--lease', 1), 'registers for a second');
ok(published(''), 'the lease runs out: the name is gone');

$world->start_servers();

ok($world->{device_server}->accepts_servers(),
    'the device itself is still there');
is($world->message('friend', 'owner'), 'remote-server-not-found',
    'lease out: the friend reaches nobody');
isnt($world->message('owner', 'friend'), 'delivered',
    'lease out: the device cannot prove who it is');

ok($world->register('--lease', 3600), 'registers again');
ok($world->delivered('friend', 'owner'), 'registered again: reached again');

done_testing();


# Waits until the resolver finds these SRV records.

sub published
{
    my ($text) = @_;

    return wait_until(sub { $world->found($srv, 'SRV') eq $text });
}
