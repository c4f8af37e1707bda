#!/usr/bin/perl

# A reader that was killed while it had a snapshot pins every page that is
# freed after it, so the file grows with each commit.  The writer clears its
# slot by itself, and the pages are used again.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(wait_until);
use SrvRegistrar::Load;

# The writer looks every 30 s.
use constant CLEARED => 60;

my $t = SrvRegistrar->new(workers => 1);

$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
$t->start();

my $load = SrvRegistrar::Load->new($t, clients => 2, devices => 8,
                                   pause => 0.01);

$load->start();
$load->wait_acknowledged(50);

my $readers = $t->readers();
my $pid = open(my $hold, '-|', SrvRegistrar::BUILD . '/t/store_hold',
               $t->path('store')) // die("store_hold: $!");

is(scalar(<$hold>), "held\n", 'a reader has a snapshot');

my $before = pages();

more(100);
kill('KILL', $pid);
waitpid($pid, 0);

my $pinned = pages();

cmp_ok($pinned, '>', $before + 100, 'each commit makes the file larger');
is($t->readers(), $readers + 1, 'its slot outlives it');
$load->stop();

ok(wait_until(sub { $t->readers() == $readers }, CLEARED),
    'the slot is cleared');

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


sub more
{
    my ($n) = @_;

    $load->wait_acknowledged($load->acknowledged() + $n);
}
