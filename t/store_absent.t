#!/usr/bin/perl

# nginx starts before its store's directory is there: it serves all else, says
# which path is missing, once, and goes to work when the directory comes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new(workers => 1);
my $store = $t->path('store');

rmdir($store) or die("rmdir: $!");

$t->configure(server => 'location = /health { return 200 "ok"; }');

my ($status, $output) = $t->check_configuration();

is($status, 0, 'nginx -t accepts the configuration') or diag($output);
ok(!-e $store, 'and makes nothing');

my $device = $t->device('device');

$t->start();
ok($t->wait_log(qr/\[error\].*store "\Q$store\E".*No such file/),
    'the log names the path');
is($t->request('GET', '/health')->{status}, 200, 'nginx lives');

my $reply = $device->enroll();

is(outcome($reply), '503 store-unavailable', 'a device is told');
like($reply->{headers}{'retry-after'}, qr/^[1-9]\d*$/, 'when to try again');

# As a device that was here before.
@{$device}{qw(fqdn keyid key)} = ("x.$t->{zone}",
    "x.$t->{zone}/00000000", { kty => 'oct', k => 'AAAA' });
is(outcome($device->register(5000)), '503 store-unavailable',
    'not that its key is unknown');

ok($t->reload(), 'a reload without a store');
is($t->request('GET', '/health')->{status}, 200, 'nginx lives');

# Three looks later it has not said it again.
sleep(3);
is(scalar(my @said = $t->read('error.log') =~ /\[error\].*No such file/g),
    2, 'each worker says it once');

mkdir($store) or die("mkdir: $!");

ok(wait_until(sub { $device->enroll()->{status} == 201 }),
    'the directory is there: a device enrols');
is(outcome($device->register(5000)), '200', 'and registers');
$t->start_dnsd();
like($t->answers('_xmpp-server._tcp.' . $device->fqdn(), 'SRV'), qr/ 5000 /,
    'and is published');
like($t->answers("www.$t->{zone}", 'A'), qr/192\.0\.2\.80/,
    'as the zone is');
ok($t->wait_log(qr/works again/), 'the log says that it works');

done_testing();
