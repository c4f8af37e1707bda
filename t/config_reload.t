#!/usr/bin/perl

# A zone file is changed and nginx reloads: the new one is published, devices
# are left alone, and a file with a mistake changes nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new();
my $file = "$t->{zone}.zone";

$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();
is(outcome($device->register(15269)), '200', 'registered');

my $srv = '_xmpp-server._tcp.' . $device->fqdn;
my $published = $t->answers($srv, 'SRV');


sub answer
{
    my ($name, $type) = @_;

    return $t->answers("$name.$t->{zone}", $type);
}


# Waits until dnsd answers so; a reload publishes in its own time.

sub becomes
{
    my ($name, $type, $expected) = @_;

    return wait_until(sub { answer($name, $type) eq $expected })
        || diag(answer($name, $type)) && 0;
}


sub zone
{
    my ($text) = @_;

    $t->write($file, $text);
}


my $serial = $t->serial();

ok($t->reload_all(), 'reloaded as it was');
is(outcome($device->patch({})), '200', 'an update');
is($t->serial(), $serial, 'the same file is not published again');

zone($t->ZONE =~ s/192\.0\.2\.80/192.0.2.81/r . "mail A 192.0.2.25\n");
ok($t->reload_all(), 'reloaded with a new one');
ok(becomes('www', 'A', 'www.devices.example a 192.0.2.81'), 'another address');
ok(becomes('mail', 'A', 'mail.devices.example a 192.0.2.25'), 'a new name');
ok($t->serial() > $serial, 'the serial moved');
is($t->answers($srv, 'SRV'), $published, 'the device is as it was');
is(outcome($device->patch({})), '200', 'and works on');

my ($soa) = $t->query($t->{zone}, 'SOA')->answer;
is($soa->minimum, 60, 'the apex is that of the file');

zone($t->ZONE =~ s/^www.*\n//mr =~ s/ 60\n/ 120\n/r);
ok($t->reload_all(), 'reloaded with one name less');
ok(becomes('www', 'A', ''), 'the name is gone');
is($t->query("www.$t->{zone}", 'A')->header->rcode, 'NXDOMAIN',
   'as if it had never been');
is(answer('mail', 'A'), '', 'the other one, too');
($soa) = $t->query($t->{zone}, 'SOA')->answer;
is($soa->minimum, 120, 'another SOA');

$serial = $t->serial();


# A mistake.

$t->allow_log(qr/\[emerg\].*line \d+/);
zone($t->ZONE . "* A 192.0.2.1\n");
ok(!$t->reload(), 'a file with a mistake is refused');
is(outcome($device->register(15270)), '200', 'the old workers work on');
is(answer('www', 'A'), '', 'with the zone as it was');
like($t->answers($srv, 'SRV'), qr/ srv 0 0 15270 /, 'and what is registered');


# The file's serial is a floor.

$serial = time() + 1000000;
zone($t->ZONE =~ s/hostmaster 1 /hostmaster $serial /r);
ok($t->reload_all(), 'reloaded with a higher serial');
ok(wait_until(sub { $t->serial() >= $serial }), 'it is taken over');

$serial = $t->serial();
is(outcome($device->register(15271)), '200', 'an update');
is($t->serial(), $serial + 1, 'goes on from there');

zone($t->ZONE);
ok($t->reload_all(), 'reloaded with a lower one');
ok(wait_until(sub { $t->serial() == $serial + 2 }), 'it never goes back');

done_testing();
