#!/usr/bin/perl

# While many devices update, the store becomes read-only (a disk with errors
# is remounted so), and is moved away and put back: who has it open goes on;
# workers that start meanwhile refuse updates, and take them by themselves
# when it is there again.  What was acknowledged is there, and dnsd answers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::Load;
use SrvRegistrar::Prober;

plan(skip_all => 'only root can mount') if $> != 0;

my $t = SrvRegistrar->new();
my $store = $t->path('store');

$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
$t->start(dnsd => 1);

# Lazily: servers of a test that died still have it open.
my $test = $$;
my $mounted = 0;
END { system('umount', '-l', $store) if $mounted && $test == $$ }

my $own = SrvRegistrar::Load->new($t, clients => 1, devices => 1);

$own->enroll();

my ($device) = @{ $own->{fleet} };

is(outcome($device->register(1)), '200', 'registered');

my $load = SrvRegistrar::Load->new($t, clients => 4, devices => 12,
                                   pause => 0.02);
my $prober = SrvRegistrar::Prober->start($t, $device->fqdn());

$load->start();
$load->wait_acknowledged(50);

SKIP: {
    my $output = SrvRegistrar::run('mount', '--bind', $store, $store);

    skip("no mounts: $output", 8) if $?;

    $mounted = 1;
    $output = SrvRegistrar::run('mount', '-o', 'remount,bind,ro', $store);
    is($?, 0, 'read-only') or diag($output);

    is(outcome($device->register(2)), '200', 'who has it open goes on');
    ok($t->reload_all(), 'a reload');
    refused();
    is(published(), 2, 'dnsd shows what was acknowledged');

    is(SrvRegistrar::run('umount', '-l', $store), '', 'writable again');
    $mounted = 0;
    works(3);
}

rename($store, "$store.away") or die("rename: $!");
is(outcome($device->register(4)), '200', 'moved away: who has it goes on');
ok($t->reload_all(), 'a reload');
refused();
is(published(), 4, 'dnsd shows what was acknowledged');
rename("$store.away", $store) or die("rename: $!");
works(5);

$load->wait_acknowledged($load->acknowledged() + 100);
$load->stop();
note($load->summary());

my %why = map { join(' ', @{$_}[4 .. $#$_]) => 1 } $load->journal('refused');

is($load->{failed}, undef, 'no client died');
is_deeply([keys(%why)], ['503 store-unavailable'], 'the others heard so, too');
is_deeply([$load->missing()], [], 'what was acknowledged is there');
is_deeply($prober->stop(), [], 'dnsd answered all the time');
is($t->store_check()->{damaged}, 0, 'no value is damaged');

done_testing();


sub refused
{
    my $reply = $device->register(9);

    is(outcome($reply), '503 store-unavailable', 'new workers refuse');
    like($reply->{headers}{'retry-after'}, qr/^[1-9]\d*$/,
        'and say when to try again');
}


sub works
{
    my ($port) = @_;

    # Both workers, whoever takes the connection.
    ok(wait_until(sub {
        6 == grep { $device->register($port)->{status} == 200 } 1 .. 6
    }), 'updates work again by themselves');
    is(published(), $port, 'and are published');
}


sub published
{
    my $text = $t->answers('_xmpp-server._tcp.' . $device->fqdn(), 'SRV');

    return $text =~ / srv 0 0 (\d+) / ? $1 : $text;
}
