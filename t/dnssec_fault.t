#!/usr/bin/perl

# Where OpenSSL does not sign, nothing is committed: a device hears that it
# failed, DNS shows what it showed, and all of that has its signatures.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new(dnssec => 13, workers => 1);
my $keys = $t->{keys};
my $fault = $t->path('fault');

$t->{preload} = $t->BUILD . '/t/sign_fault.so';
$ENV{SIGN_FAULT} = $fault;

$t->configure(http => 'srv_registrar_sweep 1s;');
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();
is(outcome($device->register(5000)), '200', 'all is well');
is(scalar($keys->verify($t)), '', '... and signed');

my $serial = $t->serial();
my $srv = '_xmpp-server._tcp.' . $device->fqdn;

$t->write('fault', '');

like(outcome($device->register(5001)), qr/^50[03] /, 'no signature');
like(outcome($device->delete()), qr/^50[03] /, '... nor of a withdrawal');
like($t->answers($srv, 'SRV'), qr/ 5000 /, 'nothing was committed');
is($t->serial(), $serial, '... nor the serial moved');
is(scalar($keys->verify($t)), '', '... all is signed still');

unlink($fault);

ok(wait_until(sub { outcome($device->register(5002)) eq '200' }),
    'it goes on');
like($t->answers($srv, 'SRV'), qr/ 5002 /, '... and is committed');
is(scalar($keys->verify($t)), '', '... and signed');

done_testing();
