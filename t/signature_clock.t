#!/usr/bin/perl

# The window of `created`: the past and the future that are taken, and how a
# device whose clock is wrong learns the time.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();
$t->start();

my $device = $t->device('device');

$device->enroll();


sub show
{
    my ($created) = @_;

    return $device->show(sign => { created => $created });
}


# Seconds may pass on the way, so the edges have a little slack.

is(outcome(show(time() - 285)), '200', 'almost five minutes ago');
is(outcome(show(time() - 301)), '401 clock-skew', 'more than that');
is(outcome(show(time() + 60)), '200', 'in a minute');
is(outcome(show(time() + 80)), '401 clock-skew', 'later than that');
is(outcome(show(0)), '401 clock-skew', 'in 1970');
is(outcome(show(4102444800)), '401 clock-skew', 'in 2100');
is(outcome(show('9' x 15)), '401 clock-skew', 'at the end of time');

my $reply = show(86400);
my $now = time();

is(outcome($reply), '401 clock-skew', 'a device that boots in 1970');
ok(abs($reply->{json}{server_time} - $now) <= 2, 'is told the time');
like($reply->{headers}{date}, qr/^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/,
     'by Date as well');
ok(!exists($reply->{json}{last_created}), 'and not what was accepted last');

is(outcome($device->signed('PATCH', '/v1/records', '{}',
       sign => { created => $reply->{json}{server_time} })), '200',
   'with that time it succeeds');

is(outcome($device->show(sign => { created => 86400, key => 'x' x 32 })),
   '401 signature-invalid', 'the time is told to who can sign');


# expires counts with created alone.

is(outcome($device->show(sign => { created => $now - 10,
       expires => $now - 5 })), '401 signature-expired', 'expired');

$reply = $device->show(sign => { created => $now - 10, expires => $now - 5 });
ok(abs($reply->{json}{server_time} - time()) <= 2, '... with the time');
is(outcome($device->show(sign => { created => $now,
       expires => $now + 4102444800 })), '200', 'expires in a century');
is(outcome($device->show(sign => { created => 86400, expires => 86401 })),
   '401 clock-skew', 'a wrong clock goes before');

done_testing();
