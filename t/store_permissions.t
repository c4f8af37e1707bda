#!/usr/bin/perl

# The store's files have the modes that dnsd needs whatever the umask, and
# only workers ever open them: not `nginx -t`, not the master, not the
# processes that manage caches.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new();
my $store = $t->path('store');

chmod(02750, $store);
$t->configure(http => 'proxy_cache_path %%DIR%%/cache keys_zone=cache:1m;');

my ($status, $output) = $t->check_configuration();

is($status, 0, 'nginx -t') or diag($output);
is_deeply([glob("$store/*")], [], 'makes nothing');

for my $umask (0, 027, 077) {
    subtest sprintf('umask %03o', $umask) => sub {
        my $device = $t->device(sprintf('device%03o', $umask));
        my $before = umask($umask);

        $t->start();
        umask($before);

        is(outcome($device->enroll()), '201', 'a device enrols');
        is(mode("$store/data.mdb"), '640', 'data.mdb');
        is(mode("$store/lock.mdb"), '660', 'lock.mdb');
        is(mode($store), '2750', 'the directory stays as it was');

        $t->stop_nginx();
        unlink(glob("$store/*"));
    };
}

subtest 'modes that somebody changed' => sub {
    $t->start();
    ok(wait_until(sub { $t->store_check()->{zones} }), 'a store');
    $t->stop_nginx();
    chmod(0600, glob("$store/*"));
    $t->start();
    ok(wait_until(sub { mode("$store/data.mdb") eq '640' }), 'data.mdb');
    ok(wait_until(sub { mode("$store/lock.mdb") eq '660' }), 'lock.mdb');
};

subtest 'who has it open' => sub {
    my $device = $t->device('device');
    my $master = $t->{nginx}{pid};
    my ($manager) = helpers($master);

    is(outcome($device->enroll()), '201', 'a device enrols');
    ok($manager, 'there is a cache manager');
    is(files($manager), '', 'which has none of the files');
    is(files($master), '', 'nor has the master');
    is(files($_), 'data.mdb lock.mdb', 'a worker has both')
        for $t->workers();

    ($status, $output) = $t->check_configuration();
    is($status, 0, 'nginx -t beside it') or diag($output);
    is(outcome($device->register(5000)), '200', 'changes nothing');

    ok($t->reload_all(), 'a reload');
    is(files($master), '', 'the master still has none');
};

done_testing();


sub mode
{
    return sprintf('%o', ((stat($_[0]))[2] // 0) & 07777);
}


# Children of the master that are no workers.

sub helpers
{
    my ($master) = @_;

    my %worker = map { $_ => 1 } $t->workers();

    return grep { !$worker{$_} }
        split(' ', slurp("/proc/$master/task/$master/children"));
}


# The files of the store that a process has mapped or open.

sub files
{
    my ($pid) = @_;

    my @mapped = map { (split(' ', $_, 6))[5] // '' }
        split(/\n/, slurp("/proc/$pid/maps"));
    my @open = map { readlink($_) // '' } glob("/proc/$pid/fd/*");
    my %names = map { m{^\Q$store\E/(\w+\.mdb)} ? ($1 => 1) : () }
        @mapped, @open;

    return join(' ', sort(keys(%names)));
}


sub slurp
{
    my ($file) = @_;

    open(my $in, '<', $file) or return '';
    local $/;

    return scalar(<$in>) // '';
}
