#!/usr/bin/perl

# Enrolments are limited by identity: some at once, then one an interval.
# Another device has its own limit, and a refused attempt costs nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

use constant BURST    => 3;
use constant INTERVAL => 2;              # s

my $t = SrvRegistrar->new();

$t->configure(enroll => 'srv_registrar_enroll_limit 2s burst=3;',
    server => <<'END');
location = /slow {
    srv_registrar enroll;
    srv_registrar_enroll_limit 1h burst=1;
}
location = /free {
    srv_registrar enroll;
    srv_registrar_enroll_limit off;
}
END
$t->start();

my $device = $t->device('device');
my $other = $t->device('other');
my $begin = time();
my $granted = BURST;
my $reply;

is(outcome($device->enroll()), $_ == 1 ? '201' : '200', "enrolment $_")
    for 1 .. BURST;

refused('one too many');
like($reply->{headers}{'retry-after'}, qr/^[12]$/, '... Retry-After');
is(outcome($device->register(1)), '200', 'the last key works all the same');
is(outcome($other->enroll()), '201', 'another device has its own limit');

ok(wait_until(sub { outcome($device->enroll()) eq '200' }),
   'after an interval it may');
$granted++;
refused('... once');


# The limit outlives a restart: it lies in the store.

my $third = $t->device('third');


sub enroll
{
    my ($door) = @_;

    return $t->request('POST', $door, cert => 'third');
}


is(outcome(enroll('/slow')), '201', 'one an hour');
$t->stop_nginx();
$t->start();

$reply = enroll('/slow');
is(outcome($reply), '429 too-many-enrollments', 'not more after a restart');
ok($reply->{headers}{'retry-after'} > 3500, '... Retry-After');
is(outcome(enroll('/free')), '200', 'off: without a limit') for 1 .. 12;

done_testing();


# On a busy machine an interval may be over before the next attempt: what was
# granted so far is held against the time that it took, to whole seconds.

sub refused
{
    my ($name) = @_;

    $granted++
        while outcome($reply = $device->enroll()) eq '200' && $granted < 30;

    is(outcome($reply), '429 too-many-enrollments', $name);
    cmp_ok($granted, '<=', BURST + (time() + 1 - $begin) / INTERVAL,
        '... no sooner than it may');
}
