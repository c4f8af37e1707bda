#!/usr/bin/perl

# Another process has the writer's lock and hangs: updates wait, but the
# worker's event loop does not.  When the holder is killed within its
# transaction the next writer recovers the lock, and all is answered.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time);

use SrvRegistrar qw(outcome);

# Who waited for the lock would wait for ever, and a client for half a minute.
use constant PROMPT => 20;                                   # s

my $t = SrvRegistrar->new();

$t->configure(server => 'location = /health { return 200 "ok"; }');
$t->start(dnsd => 1);

my @devices = map { $t->device("device$_") } 1 .. 4;

$_->enroll() for @devices;
is(outcome($devices[0]->register(5000)), '200', 'registered');

for my $round (1 .. 3) {
    my $pid = open(my $hold, '-|', SrvRegistrar::BUILD . '/t/store_hold',
                   $t->path('store'), 'write') // die("store_hold: $!");

    is(scalar(<$hold>), "held\n", 'somebody has the lock');

    my @sockets = map { $_->send_register(5000 + $round) } @devices;
    my $begin = time();

    # Both workers, whoever takes the connection.
    is($t->request('GET', '/health')->{status}, 200, 'nginx serves')
        for 1 .. 8;
    is($devices[0]->show()->{status}, 200, 'who reads does not wait');
    cmp_ok(time() - $begin, '<', PROMPT, 'for nothing');
    like(published(), qr/ @{[4999 + $round]} /, 'dnsd shows what is durable');

    kill('KILL', $pid);
    waitpid($pid, 0);

    is(join(' ', map { outcome($t->{client}->reply($_)) } @sockets),
        '200 200 200 200', 'the holder is dead: all are answered');
    cmp_ok(time() - $begin, '<', 2 * PROMPT, 'soon');
    like(published(), qr/ @{[5000 + $round]} /, 'and published');
}

is($t->store_check()->{damaged}, 0, 'no value is damaged');

done_testing();


sub published
{
    return $t->answers('_xmpp-server._tcp.' . $devices[0]->fqdn(), 'SRV');
}
