#!/usr/bin/perl

# Devices that hang up while their update waits or is being committed: the
# others notice nothing, and what was acknowledged is there.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::Disk;
use SrvRegistrar::Load;

my $t = SrvRegistrar->new(workers => 1);
my $disk = SrvRegistrar::Disk->new($t);

$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
$t->start();

my $load = SrvRegistrar::Load->new($t, clients => 8, devices => 6,
                                   abandon => 0.5);


$load->enroll();

for my $reset (0, 1) {
    subtest 'one by one, by ' . ($reset ? 'RST' : 'FIN') => sub {
        my ($first, $second, $third) = @{ $load->{fleet} };
        my $port = 2000 + 10 * $reset;

        $disk->order('sync hold');

        my $in_flight = $first->send_register($port);

        $disk->wait_held();

        my $waiting = $second->send_register($port);

        is($third->show()->{status}, 200, 'one waits');
        SrvRegistrar::Load::hang_up($_, $reset) for $in_flight, $waiting;
        is($third->show()->{status}, 200, 'the worker goes on');
        isnt(shown($second), $port, 'nothing is made yet');
        $disk->order('');

        ok(wait_until(sub {
            shown($first) == $port && shown($second) == $port
        }), 'both updates are made');
        is(outcome($first->register($port + 1)), 200, 'the next of one');
        is(outcome($second->register($port + 1)), 200, 'and of the other');
    };
}

$_->{port} = 3000 for @{ $load->{fleet} };

subtest 'at any moment' => sub {
    $disk->order('sync delay 3');
    $load->start();
    $load->wait_acknowledged(300);
    $load->stop();
    note($load->summary());

    is($load->{failed}, undef, 'no client died');
    is_deeply([$load->journal('lost'), $load->journal('refused')], [],
        'who waited was answered');
    is_deeply([$load->missing()], [], 'what was acknowledged is there');
};

is(scalar(my @all = $t->workers()), 1, 'no worker died');
unlike($t->read('error.log'), qr/worker process \d+ exited/,
    'nor had one died before');
is($t->store_check()->{damaged}, 0, 'no value is damaged');

# A worker that leaves by itself says so where it has a connection left.
$t->stop_nginx('QUIT');

done_testing();


sub shown
{
    my ($device) = @_;

    return $device->show()->{body} =~ /"0 0 (\d+) / ? $1 : 0;
}
