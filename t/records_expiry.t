#!/usr/bin/perl

# A device that falls silent leaves DNS when its lease is over: the registrar
# sweeps it away, and is not needed for it to be gone.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new();

$t->configure(lease => '1s 2h 1d', http => 'srv_registrar_sweep 1s;');
$t->start(dnsd => 1);

my $device = $t->device('device');
my $lasting = $t->device('lasting');

$_->enroll() for $device, $lasting;


sub rcode
{
    my ($of) = @_;

    return $t->query('_xmpp-server._tcp.' . $of->fqdn, 'SRV')
        ->header->rcode;
}


sub gone { return wait_until(sub { rcode($device) eq 'NXDOMAIN' }) }


# What lies in the store, expired or not: srvctl check's sum.

sub rrsets
{
    my $output = $t->srvctl('check');

    return $output =~ /rrsets (\d+)/ ? $1 : $output;
}


my $body = { lease => 2,
             services => [{ service => '_xmpp-server._tcp', port => 1 }] };

is(outcome($lasting->register(1)), '200', 'one that lasts');

my $before = rrsets();

is(outcome($device->put($body)), '200', 'one for two seconds');

my $serial = $t->serial();

is(rcode($device), 'NOERROR', 'is published');
is(rrsets(), $before + 2, 'and stored');
ok(gone(), 'and gone');
ok(wait_until(sub { rrsets() eq $before }), 'swept from the store');
ok($t->serial() > $serial, 'the serial says so');
is(rcode($lasting), 'NOERROR', 'the other is there');
is(outcome($device->show()), '200', 'the key is the device\'s as before');
is_deeply($device->show()->{json}{records}, [], 'with nothing registered');
is(outcome($device->register(2)), '200', 'it comes back');
is(rcode($device), 'NOERROR', 'and is published');


# With the registrar dead, by dnsd alone.

is(outcome($device->put($body)), '200', 'for two seconds again');
$t->stop_nginx('KILL');
is(rcode($device), 'NOERROR', 'nginx is dead: published');
ok(gone(), 'and gone when the time is over');
is(rcode($lasting), 'NOERROR', 'the other is there');
is($t->query('www.devices.example', 'A')->header->rcode, 'NOERROR',
   'and so are names of the zone file');

$t->start();
is(rcode($device), 'NXDOMAIN', 'nginx is back: nothing comes to life');
is(outcome($device->patch({})), '200', 'not by a refresh either');
is(rcode($device), 'NXDOMAIN', 'since what has run out is over');
is($t->query($device->fqdn, 'A')->header->rcode, 'NOERROR',
   'but the address is where it came from');

done_testing();
