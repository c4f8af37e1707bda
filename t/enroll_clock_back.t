#!/usr/bin/perl

# The server's clock ran two hours ahead for a while, and a device with it.
# When it is right again, that key is of no use for two hours: the device is
# told to enrol again, and is found throughout.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome program);

my ($faketime) = glob('/usr/lib/*/faketime/libfaketimeMT.so.1');

plan(skip_all => 'no faketime') if !$faketime;

use constant AHEAD => 7200;

my $t = SrvRegistrar->new();
$t->start(dnsd => 1);

my $device = $t->device('device');
my $nginx = SrvRegistrar::nginx_binary();

# A step is alarming, and both of them are meant.
$t->allow_log(qr/clock/);

$device->enroll();
is(outcome($device->register(1)), '200', 'registered');
$t->stop_nginx();


# nginx two hours ahead; CLOCK_BOOTTIME goes on as it does.

$t->write('nginx-ahead', <<"END");
#!/bin/sh
LD_PRELOAD="\$LD_PRELOAD $faketime"
FAKETIME="+@{[AHEAD]}s"
FAKETIME_DONT_FAKE_MONOTONIC=1
DONT_FAKE_MONOTONIC=1
export LD_PRELOAD FAKETIME FAKETIME_DONT_FAKE_MONOTONIC DONT_FAKE_MONOTONIC
exec $nginx "\$@"
END
chmod(0755, $t->path('nginx-ahead'));

{
    local $ENV{SRV_NGINX} = $t->path('nginx-ahead');
    local $ENV{LD_PRELOAD};

    $t->start();
}

my $reply = $device->patch({}, sign => { created => time() + 3600 });

is(outcome($reply), '401 clock-skew', 'a time between the two');
ok(abs($reply->{json}{server_time} - time()) < 30,
   'the leases still run by the clock from before');
is(outcome($device->patch({})), '200', 'a device with that time');
is(outcome($device->patch({}, sign => { created => time() + AHEAD })), '200',
   'a device with the server\'s');

my $last = time() + AHEAD;

is(outcome($device->patch({})), '401 stale-signature',
   'cannot go back meanwhile');
$t->stop_nginx();


# The clock is right again.

$t->start();
$reply = $device->patch({});

is(outcome($reply), '401 re-enroll', 'the key is of no use');
ok(abs($reply->{json}{last_created} - $last) < 30, '... last_created');
ok(abs($reply->{json}{server_time} - time()) < 30, '... server_time');
is(outcome($device->show()), '200', 'GET does without');
is($t->query($device->fqdn, 'A')->header->rcode, 'NOERROR',
   'dnsd serves the device');

is(outcome($device->enroll()), '200', 'it enrols again');
is(outcome($device->register(2)), '200', 'and goes on');

done_testing();
