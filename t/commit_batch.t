#!/usr/bin/perl

# What arrives while a commit is under way forms one batch, and one commit.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::Disk;
use SrvRegistrar::Load;

use constant MANY => 20;

my $t = SrvRegistrar->new(workers => 1);
my $disk = SrvRegistrar::Disk->new($t);

$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
$t->start();

my $load = SrvRegistrar::Load->new($t, clients => MANY + 1, devices => 1);

$load->enroll();

my ($first, @devices) = @{ $load->{fleet} };


# While the commit of the first stands still, the others queue.
$disk->order('sync hold');

my @sockets = ($first->send_register(5000));

$disk->wait_held();

my $before = $t->store_check()->{txn};

push(@sockets, map { $_->send_register(5001) } @devices);

# A device's last request of a worker that has one thread and one loop: when
# it is answered, what came before it has been read.
is($devices[-1]->show()->{status}, 200, 'who only reads does not wait');

$disk->order('');

my @replies = map { $t->{client}->reply($_) } @sockets;

is(scalar(grep { $_ && $_->{status} == 200 } @replies), MANY + 1,
    'all were answered');
is($t->store_check()->{txn}, $before + 2, 'by two commits');

subtest 'a pipeline' => sub {
    my $socket = $t->{client}->connect() or die($@);

    print $socket map {
        $devices[$_]->signed_bytes('PUT', '/v1/records',
            SrvRegistrar::Device::registration(5010), keepalive => 1)
    } 0 .. 2;

    is(join(' ', map { outcome($t->{client}->reply($socket)) } 0 .. 2),
        '200 200 200', 'requests of one connection are answered in order');
};

subtest 'under load' => sub {
    $disk->order('sync delay 10');

    my $begin = $t->store_check()->{txn};

    $load->start();
    $load->wait_acknowledged(10 * MANY);
    $load->stop();

    my $commits = $t->store_check()->{txn} - $begin;
    my $updates = $load->acknowledged();

    note("$updates updates in $commits commits");
    cmp_ok($commits * 4, '<', $updates, 'a commit carries many updates');
    is_deeply([$load->missing()], [], 'and all are there');
};

done_testing();
