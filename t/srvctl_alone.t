#!/usr/bin/perl

# srvctl where nginx is down: all of it works on the store, dnsd follows at
# once, and nginx abides by it when it comes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();

$t->start(dnsd => 1);

my %device = map { $_ => $t->device($_) } qw(suspended resumed removed stays);
my %fqdn;

for my $name (sort(keys(%device))) {
    $device{$name}->enroll();
    is(outcome($device{$name}->register(15269)), '200', "$name: registered");
    $fqdn{$name} = $device{$name}->fqdn;
}

$t->stop_nginx('QUIT');

is(scalar(split(/\n/, $t->srvctl('list'))), 4, 'list');
is(decode_json($t->srvctl('show', $fqdn{stays}))->{state}, 'active', 'show');
like($t->srvctl('stats'), qr/^zone \Q$t->{zone}\E serial \d+$/m, 'stats');
like($t->srvctl('check'), qr/devices 4 .* damaged 0$/, 'check');
like($t->srvctl('issuers'), qr/^1 [0-9a-f]{64} active/, 'issuers');

is($t->srvctl('suspend', $fqdn{$_}), '', "suspend: $_")
    for qw(suspended resumed);
is(published(), 'removed stays', '... gone at once');
is($t->srvctl('resume', $fqdn{resumed}), '', 'resume');
is(published(), 'removed resumed stays', '... there at once');
is($t->srvctl('remove', $fqdn{removed}), '', 'remove');
is(published(), 'resumed stays', '... gone at once');

is($t->srvctl('suspend', 'issuer:1'), '', 'suspend an issuer');
is(published(), '', '... all are gone at once');

$t->start();
is(outcome($device{stays}->register(1)), '403 suspended',
    'nginx comes, and abides by it');
is(outcome($t->device('late')->enroll()), '403 suspended', '... for all');
$t->stop_nginx('QUIT');

is($t->srvctl('resume', 'issuer:1'), '', 'resume it');
is(published(), 'resumed stays', '... there at once');

is($t->srvctl('backup', $t->path('copy')), '', 'backup');
is($t->srvctl('suspend', $fqdn{stays}), '', 'something changes');

# dnsd has the store open.
like($t->srvctl('restore', $t->path('copy')), qr/process \d+ has the store/,
    'restore with dnsd');
is($t->srvctl('restore', '--force', $t->path('copy')), '', '... by force');
ok(SrvRegistrar::wait_until(sub { published() eq 'resumed stays' }),
    '... it follows');
(delete $t->{dnsd})->stop();
is($t->srvctl('restore', $t->path('copy')), '', 'restore with nobody');
like($t->srvctl('check'), qr/ damaged 0$/, '... it can be looked at');
$t->start_dnsd();
is(published(), 'resumed stays', '... and served');

like(SrvRegistrar::run(SrvRegistrar::BUILD . '/srvctl', '--store',
        $t->path('copy'), 'check'), qr/devices 3 .* damaged 0$/,
    'the copy, too');

my $dump = $t->srvctl('dump');

like($dump, qr/\A\{"format"/, 'dump');
$t->write('dump', $dump);
mkdir($t->path('empty')) or die("mkdir: $!");
is(SrvRegistrar::run('/bin/sh', '-c', 'exec "$0" --store "$1" load <"$2"',
        SrvRegistrar::BUILD . '/srvctl', $t->path('empty'), $t->path('dump')),
    '', 'load');

$t->start();

my $reply = $device{stays}->show();

is(outcome($reply), '200', 'nginx: who stays is there');
is(outcome($device{suspended}->show()), '403 suspended',
    '... who is suspended is that');
is(outcome($device{removed}->show()), '401 unknown-key',
    '... who was removed is unknown');
is(outcome($device{removed}->enroll()), '201', '... until it enrols');
like($t->srvctl('check'), qr/ damaged 0$/, 'the store is whole');

done_testing();


# Whom dnsd serves.

sub published
{
    return join(' ', grep {
        $t->query($fqdn{$_}, 'A')->header->ancount
    } sort(keys(%fqdn)));
}
