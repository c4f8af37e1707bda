#!/usr/bin/perl

# The store is replaced by a copy while both programs run (a restore): both
# follow, by themselves, dnsd without a pause.  A store that is only gone is
# gone on with.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::Prober;

my $t = SrvRegistrar->new();
my $store = $t->path('store');
my $device = $t->device('device');

$t->start(dnsd => 1);
$device->enroll();
is(outcome($device->register(5000)), '200', 'registered');

mkdir("$store.copy") or die("mkdir: $!");
SrvRegistrar::run('mdb_copy', $store, "$store.copy");
is($?, 0, 'a copy is made');

is(outcome($device->register(5001)), '200', 'registered after that');
is(published(), 5001, 'and published');

my $prober = SrvRegistrar::Prober->start($t, $device->fqdn());

rename($store, "$store.old") or die("rename: $!");
is(outcome($device->register(5002)), '200', 'gone: an update works');
is(published(), 5002, 'and is published');

rename("$store.copy", $store) or die("rename: $!");

ok(wait_until(sub { published() == 5000 }), 'dnsd follows');
ok(wait_until(sub { !grep({ has_open($_, "$store.old/") } $t->workers()) }),
    'both workers leave the old one');
is(scalar(my @said = $t->read('error.log') =~ /"\Q$store\E" was replaced/g),
    2, 'and say so');

ok(wait_until(sub { shown() == 5000 }), 'nginx follows');
ok(wait_until(sub { $device->register(5003)->{status} == 200 }),
    'an update works');
is(published(), 5003, 'and is published');
rename($store, "$store.away") or die("rename: $!");
ok($t->reload_all(), 'gone again, and a reload');
is(outcome($device->register(5004)), '503 store-unavailable',
    'the new workers have none');
is(published(), 5003, 'dnsd goes on');
rename("$store.away", $store) or die("rename: $!");
ok(wait_until(sub { $device->register(5005)->{status} == 200 }),
    'it is back: an update works');
is(published(), 5005, 'and is published');
is_deeply($prober->stop(), [], 'dnsd answered all the time');

my $old = SrvRegistrar::run(SrvRegistrar::BUILD . '/srvctl',
                            '--store', "$store.old", 'check');

like($old, qr/ damaged 0$/, 'the old one is whole');

done_testing();


sub published
{
    my $text = $t->answers('_xmpp-server._tcp.' . $device->fqdn(), 'SRV');

    return $text =~ / srv 0 0 (\d+) / ? $1 : 0;
}


sub shown
{
    return $device->show()->{body} =~ /"0 0 (\d+) / ? $1 : 0;
}


sub has_open
{
    my ($pid, $prefix) = @_;

    return grep { index($_, $prefix) == 0 }
        map { readlink($_) // '' } glob("/proc/$pid/fd/*");
}
