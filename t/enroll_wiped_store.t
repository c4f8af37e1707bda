#!/usr/bin/perl

# The store is lost and begins anew.  Devices get the names that they had;
# what was signed with a key from before is told so in words of its own.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new();
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();
is(outcome($device->register(15269)), '200', 'registered');

my $srv = '_xmpp-server._tcp.' . $device->fqdn;

like($t->answers($srv, 'SRV'), qr/ srv 0 0 15269 /, 'published');


sub wipe
{
    unlink(glob($t->path('store/*')));
}


$t->stop_nginx();
wipe();
$t->start();
ok(wait_until(sub {
    $t->query($srv, 'SRV')->header->rcode eq 'NXDOMAIN'
}), 'dnsd follows: the name is gone');

my $old = $device->twin();
my $reply = $old->register(15269);

is(outcome($reply), '401 unknown-key', 'the old key is unknown');
like($reply->{headers}{'retry-after'}, qr/^(?:[1-9]|[12]\d|30)$/,
     '... come again within half a minute');
is(outcome($old->show()), '401 unknown-key', '... for GET too');

is(outcome($device->enroll()), '201', 'it enrols, as if for the first time');
is($device->fqdn, $old->fqdn, 'and has the name that it had');
isnt($device->keyid, $old->keyid, 'but no key that it had');
isnt($device->{key}{k}, $old->{key}{k}, 'none at all');
is(outcome($old->register(15269)), '401 unknown-key',
   'the old one does not come back to life');
is(outcome($device->register(15270)), '200', 'the new one works');
like($t->answers($srv, 'SRV'), qr/ srv 0 0 15270 /, 'published again');


# The same while nginx runs: another store is put in its place.

$t->{dnsd}->fill("zone $t->{zone}\nrr @ 60 SOA ns hostmaster 1 60 60 60 60\n"
    . "rr @ 60 NS ns\n", $t->path('new'));
rename($t->path('store'), $t->path('away')) or die;
rename($t->path('new'), $t->path('store')) or die;

ok(wait_until(sub {
    outcome($device->show(sign => { created => time() })) eq '401 unknown-key'
}), 'the store was replaced: the device is unknown');
ok($t->wait_log(qr/was replaced/), 'the log says why');

is(outcome($device->enroll()), '201', 'it enrols with the same nginx');
is($device->fqdn, $old->fqdn, 'still with its name');
is(outcome($device->register(15271)), '200', 'and registers');
ok(wait_until(sub {
    ($t->answers($srv, 'SRV') // '') =~ / srv 0 0 15271 /
}), 'as dnsd sees too');

done_testing();
