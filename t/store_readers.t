#!/usr/bin/perl

# A reader that hangs while it has a snapshot pins every page that is freed
# after it, so the file grows with each commit: the log says who it is, once.
# When it is killed the writer clears its slot by itself, and the pages are
# used again.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(wait_until);
use SrvRegistrar::Load;

# The writer looks every 30 s of its clock, which the test sets ahead.
use constant LOOK => 31;
use constant WAIT => 60;

my $t = SrvRegistrar->new(workers => 1);
my $ahead = 0;

$t->{preload} = SrvRegistrar::BUILD . '/t/clock_ahead.so';
$t->write('ahead', $ahead);

$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
{
    local $ENV{MONOTONIC_AHEAD} = $t->path('ahead');
    $t->start();
}

my $load = SrvRegistrar::Load->new($t, clients => 2, devices => 8,
                                   pause => 0.01);

$load->start();
$load->wait_acknowledged(50);

ok(look(), 'the writer looks, and not again by itself for a while');

my $readers = $t->readers();
my $pid = open(my $hold, '-|', SrvRegistrar::BUILD . '/t/store_hold',
               $t->path('store')) // die("store_hold: $!");

is(scalar(<$hold>), "held\n", 'a reader has a snapshot');

my $before = pages();

more(150);
$load->stop();

my $held = qr/\[warn\].*process $pid has held a snapshot for \d+ ms and \d+ /;

ok(look(), 'the writer looks');
unlike($t->read('error.log'), $held, 'a snapshot may be held for a while');
ok(look() && look() && $t->wait_log($held), 'it is told who holds it for long');
ok(look() && look(), 'the writer looks again');
is(scalar(() = $t->read('error.log') =~ /$held/g), 1, 'it is told once');

kill('KILL', $pid);
waitpid($pid, 0);

my $pinned = pages();

cmp_ok($pinned, '>', $before + 100, 'each commit makes the file larger');
is($t->readers(), $readers + 1, 'its slot outlives it');

ok(look(), 'the writer looks');
is($t->readers(), $readers, 'the slot is cleared');

$pinned = pages();
$load->start();
more(200);
$load->stop();

cmp_ok(pages(), '<', $pinned + 20, 'the file grows no more');
is($t->store_check()->{damaged}, 0, 'no value is damaged');

done_testing();


sub pages
{
    my ($n) = SrvRegistrar::run('mdb_stat', '-e', $t->path('store'))
        =~ /pages used: (\d+)/;

    return $n;
}


# A slot of the dead is cleared by each look: that shows that there was one.
# The next tick is due at once, and its look ends before one more.

sub look
{
    my $dead = open(my $hold, '-|', SrvRegistrar::BUILD . '/t/store_hold',
                    $t->path('store')) // die("store_hold: $!");

    <$hold>;
    kill('KILL', $dead);
    waitpid($dead, 0);

    $t->write('ahead', $ahead += LOOK);

    return wait_until(sub { !has_slot($dead) }, WAIT);
}


sub has_slot
{
    my ($pid) = @_;

    return SrvRegistrar::run('mdb_stat', '-r', $t->path('store'))
        =~ /^\s*$pid /m;
}


sub more
{
    my ($n) = @_;

    $load->wait_acknowledged($load->acknowledged() + $n);
}
