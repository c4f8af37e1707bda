#!/usr/bin/perl

# The server's clock steps ahead, and a device with it: both times are good
# for a signature.  When the clock is right again, that device's key is of no
# use for long: it is told to enrol again, and is found throughout.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

use constant AHEAD => 10 * 365 * 86400;

my $t = SrvRegistrar->new();

# t/preload/clock_ahead.c, loaded into nginx alone.
$t->{preload} = SrvRegistrar::BUILD . '/t/clock_ahead.so';
$t->write('ahead', 0);

{
    local $ENV{CLOCK_AHEAD} = $t->path('ahead');
    $t->start(dnsd => 1);
}

$t->allow_log(qr/clock/);

my $device = $t->device('device');

$device->enroll();
is(outcome($device->register(1)), '200', 'registered');


# The status of a GET that was signed so many seconds from now.

sub shown
{
    my ($ahead) = @_;

    return outcome($device->show(sign => { created => time() + $ahead }));
}


is(shown(AHEAD), '401 clock-skew', 'a time in ten years');

$t->write('ahead', AHEAD);
ok(wait_until(sub { shown(AHEAD) eq '200' }),
   'the clock steps: that time is taken');
is(shown(0), '200', 'and so is the time from before');

my $reply = $device->show(sign => { created => time() + AHEAD / 2 });

is(outcome($reply), '401 clock-skew', 'but none between the two');
ok(abs($reply->{json}{server_time} - time()) < 30,
   'leases run by the clock from before');
ok($t->wait_log(qr/\[(?:alert|error|crit|warn)\].*clock/),
   'the log is alarmed');
is(outcome($device->patch({})), '200', 'a device with the old time');
is($t->query($device->fqdn, 'A')->header->rcode, 'NOERROR', 'is published');

my $last = time() + AHEAD;

is(outcome($device->patch({}, sign => { created => $last })), '200',
   'a device with the new time');
is(outcome($device->patch({})), '401 stale-signature',
   'cannot go back while the new time may be right');


# The clock is right again.

$t->write('ahead', 0);
ok(wait_until(sub { shown(AHEAD) eq '401 clock-skew' }),
   'the clock steps back');

$reply = $device->patch({});
is(outcome($reply), '401 re-enroll', 'the key is of no use');
is($reply->{json}{last_created}, $last, '... last_created');
ok(abs($reply->{json}{server_time} - time()) < 30, '... server_time');
is(shown(0), '200', 'GET does without');
is($t->query($device->fqdn, 'A')->header->rcode, 'NOERROR',
   'dnsd serves the device');

is(outcome($device->enroll()), '200', 'it enrols again');
is(outcome($device->register(2)), '200', 'and goes on');

done_testing();
