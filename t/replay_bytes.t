#!/usr/bin/perl

# The same bytes count once: not again at the same worker, nor at another, nor
# after a restart, nor where nginx was killed before it could say a word.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->configure(http => 'log_format worker "$pid $srv_registrar_reason";',
    server => 'access_log %%DIR%%/worker.log worker;');
$t->start();

my $client = $t->{client};
my $device = $t->device('device');

$device->enroll();

my $reply = $device->register(1);
my $first = $device->{sent};
my $created = $device->{last};

is(outcome($reply), '200', 'registered');


# Many connections, until each of the two workers has refused it.

my %refused;

for (1 .. 200) {
    $reply = $client->exchange($first);

    if (outcome($reply) ne '401 stale-signature') {
        fail('replay ' . outcome($reply));
        last;
    }

    %refused = map { $_ => 1 }
        $t->read('worker.log') =~ /^(\d+) stale-signature$/mg;
    last if keys(%refused) == 2;
}

is(scalar(keys(%refused)), 2, 'refused by both workers');
is($reply->{json}{last_created}, $created, 'told what was accepted last');
ok(abs($reply->{json}{server_time} - time()) <= 2, '... and the time');
is($reply->{headers}{'retry-after'}, 1, '... and when to come again');


# Later, earlier, and the same second with other words.

is(outcome($device->register(2)), '200', 'the next request');

my $last = $device->{last};

for my $created ($last, $last - 1, $last - 100) {
    $reply = $device->patch({}, sign => { created => $created });

    is(outcome($reply), '401 stale-signature', $last - $created
        . ' s below the last one');
    is($reply->{json}{last_created}, $last, '... which is told');
}

is(outcome($device->delete(sign => { created => $last })),
   '401 stale-signature', 'DELETE');
is(outcome($device->rotate('', sign => { created => $last })),
   '401 stale-signature', 'a new key');
is(outcome($device->patch({}, sign => { created => $last,
    key => 'x' x 32 })), '401 signature-invalid',
   'what was last is told to who can sign');


# GET changes nothing, so it may be old, and makes nothing old.

is(outcome($device->show(sign => { created => $last - 100 })), '200',
   'GET below the last one');
is(outcome($client->exchange($device->{sent})), '200', 'again');
is(outcome($device->show(sign => { created => $last + 30 })), '200',
   'GET above it');
is(outcome($device->patch({}, sign => { created => $last + 1 })), '200',
   'is not what is remembered');
$device->{last} = $last + 1;
is(outcome($device->patch('{"lease": "x"}',
       sign => { created => $last + 40 })), '422 member-invalid lease',
   'a refused request');
is(outcome($device->patch({})), '200', 'is not remembered either');


# After restarts.

my $sent = $device->{sent};

for my $signal (qw(QUIT KILL)) {
    $t->stop_nginx($signal);
    $t->start();

    is(outcome($client->exchange($sent)), '401 stale-signature',
       "after SIG$signal: the last one");
    is(outcome($client->exchange($first)), '401 stale-signature',
       "after SIG$signal: the first one");
}

is(outcome($device->delete()), '200', 'withdrawn');
is(outcome($client->exchange($sent)), '401 stale-signature',
   'DELETE keeps what was last');
is(outcome($device->register(3)), '200', 'and the device goes on');

done_testing();
