#!/usr/bin/perl

# A disk that fails: an update is refused and not there, or acknowledged and
# there.  The next one works when the disk does, without a restart, and dnsd
# never notices.
#
# Where the meta page cannot be written LMDB gives up its environment for
# good (MDB_PANIC); the worker opens a new one by itself.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::Disk;
use SrvRegistrar::Prober;

use constant {
    EIO    => 5,
    ENOSPC => 28,
};

my $t = SrvRegistrar->new(workers => 1);
my $disk = SrvRegistrar::Disk->new($t);

$t->start(dnsd => 1);

my $device = $t->device('device');
my $port = 5000;

$device->enroll();
$device->register($port);

my $prober = SrvRegistrar::Prober->start($t, $device->fqdn());
my @workers = $t->workers();

# The call that fails, its error, what the device hears, how many tries the
# recovery may take.
my @cases = (
    ['sync', EIO,    '503 store-unavailable', 1],
    ['sync', ENOSPC, '507 store-full',        1],
    ['data', EIO,    '503 store-unavailable', 1],
    ['data', ENOSPC, '507 store-full',        1],
    ['meta', EIO,    '503 store-unavailable', undef],
    ['meta', ENOSPC, '507 store-full',        undef],
);

for (@cases) {
    my ($op, $errno, $outcome, $tries) = @$_;

    subtest "$op: error $errno" => sub {
        $disk->order("$op error $errno");

        my $reply = $device->register($port + 1);

        is(outcome($reply), $outcome, 'refused');
        like($reply->{headers}{'retry-after'}, qr/^[1-9]\d*$/,
            'says when to try again');
        is(published(), $port, 'nothing has changed');

        # Again: in a panic this is another way.
        like(outcome($device->register($port + 1)), qr/^50[37] store-/,
            'refused again');
        is(published(), $port, 'nothing has changed');

        $disk->order('');
        $port += 2;

        my $tried = 0;

        ok(wait_until(sub {
            $tried++;
            $device->register($port)->{status} == 200
        }), 'works when the disk does');
        is($tried, $tries, 'at once') if $tries;
        is(published(), $port, 'and is published');
    };
}

is_deeply([$t->workers()], \@workers, 'by the same worker');
is_deeply($prober->stop(), [], 'dnsd answered all the time');
is($t->store_check()->{damaged}, 0, 'no value is damaged');

$t->stop_nginx();
$disk->order('');
$t->start();

my $reply = $device->show();

like($reply->{body}, qr/"0 0 $port /, 'the same after a restart');

done_testing();


sub published
{
    my $answer = $t->answers('_xmpp-server._tcp.' . $device->fqdn(), 'SRV');

    return $answer =~ / srv 0 0 (\d+) / ? $1 : $answer;
}
