#!/usr/bin/perl

# Containers: two dnsd that are both process 1, each in a PID namespace of its
# own, over one store; and one that is killed and comes back under its id.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(wait_until);

plan(skip_all => 'not root') if $> != 0;
plan(skip_all => 'no PID namespaces here')
    if system('unshare -pf true 2>/dev/null') != 0;

my $d = SrvRegistrar::Dnsd->new();
my $other = SrvRegistrar::Dnsd->new(store => $d->{store});
my $name = 'dev1.devices.example';

$ENV{STOP_FILE} = "$d->{dir}/stop";
$ENV{ASAN_OPTIONS} = join(':', $ENV{ASAN_OPTIONS} // (),
                          'verify_asan_link_order=0');

for ($d, $other) {
    # unshare waits for its child, and is killed with it.
    $_->{wrapper} = ['unshare', '-pf', '--kill-child', 'env', 'LD_PRELOAD='
                     . SrvRegistrar::Dnsd::BUILD . '/t/stop.so'];
    $_->allow_log(qr/a process of another PID namespace reads under our PID 1/);
}

$d->fill($d->ZONE . $d->DEVICE);

# Somebody who has the store open all the time, as the registrar has: who
# opens it alone begins with an empty table.
my $holder = open(my $hold, '-|', SrvRegistrar::Dnsd::BUILD . '/t/store_hold',
                  $d->{store}) // die("store_hold: $!");
is(scalar(<$hold>), "held\n", 'the store is in use');

$d->start('--threads', 1);
is(rcode($d), 'NOERROR', 'process 1 serves');
$other->start('--threads', 1);
is(rcode($other), 'SERVFAIL', 'another process 1 has no slot');
ok($other->wait_log(qr/namespace reads under our PID 1/), '... and says why');
is(rcode($d), 'NOERROR', 'the first one goes on');


# Killed while it holds a snapshot.

open(my $file, '>', $ENV{STOP_FILE}) or die("stop: $!");
$d->ask($d->packet($name, 'A')->data(), 0);
ok(wait_until(sub { snapshots() }), 'a snapshot is held');
$d->stop('KILL');
unlink($ENV{STOP_FILE});
ok(wait_until(sub { rcode($other) eq 'NOERROR' }),
    'the other one takes its place');
$other->stop('KILL');
$d->start('--threads', 1);
is(rcode($d), 'NOERROR', 'process 1 again');
is(snapshots(), 0, 'the snapshot of the dead one pins nothing any more');
$d->stop('KILL');
kill('KILL', $holder);
close($hold);
done_testing();


sub rcode
{
    my ($dnsd) = @_;

    return $dnsd->query($name, 'A')->header->rcode;
}


# Slots that hold one; a thread that is asking itself is none for long.

sub snapshots
{
    my $n;

    wait_until(sub {
        $n = () = `mdb_stat -r $d->{store}` =~ /^\s*1\s+\w+\s+\d+$/mg;
    }, 0.2);

    return $n;
}
