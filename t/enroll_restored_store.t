#!/usr/bin/perl

# An old backup is put back.  Devices that have not changed their key since go
# on; the others are told, enrol again under their names, and with that the
# key from before, which the backup knows, is as dead as it was.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new(workers => 1);
$t->start(dnsd => 1);

my %device = map { $_ => $t->device($_) } qw(same rotated again later);

for (qw(same rotated again)) {
    $device{$_}->enroll();
    is(outcome($device{$_}->register(1)), '200', "$_: registered");
}

is($t->srvctl('backup', $t->path('backup')), '', 'a backup is made');

# What happens after it: a new key in use, a new enrolment in use, a new
# device; and a key that was made but is not used yet.

my %before = map { $_ => $device{$_}->twin() } qw(rotated again);

$device{rotated}->keep($device{rotated}->rotate('')->{json});
$device{again}->enroll();
$device{later}->enroll();
is(outcome($device{$_}->register(2)), '200', "$_: registered by a new key")
    for qw(rotated again later);
is(outcome($before{$_}->show()), '401 unknown-key', "$_: the old one is dead")
    for qw(rotated again);

my %lost = map { $_ => $device{$_}->twin() } qw(rotated again later);

is($t->srvctl('restore', '--force', $t->path('backup')), '', 'it is put back');
ok(wait_until(sub {
    outcome($device{later}->show(sign => { created => time() }))
        eq '401 unknown-key'
}), 'nginx follows');
ok($t->{dnsd}->wait_log(qr/was replaced\n.*: serving/), 'dnsd follows');

my $reply = $device{same}->patch({}, sign => { created => time() });

is(outcome($reply), '401 stale-signature',
    'who has the same key is told what may have been signed');
$device{same}->catch_up($reply);
is(outcome($device{same}->patch({})), '200', '... and goes on');

for my $name (qw(rotated again later)) {
    my $device = $device{$name};
    my $fqdn = $device->fqdn;
    my $reply = $device->patch({});

    is(outcome($reply), '401 unknown-key', "$name: is told");
    like($reply->{headers}{'retry-after'}, qr/^(?:[1-9]|[12]\d|30)$/,
        '... not to come at once');
    is(outcome($device->enroll()), $name eq 'later' ? '201' : '200',
        '... enrols');
    is($device->fqdn, $fqdn, '... under its name');
    is(outcome($device->register(3)), '200', '... and registers');
    is(outcome($lost{$name}->patch({})), '401 unknown-key',
        '... the lost key stays lost');
    like($t->answers("_xmpp-server._tcp.$fqdn", 'SRV'), qr/ srv 0 0 3 /,
        '... and it is published');
}

is(outcome($before{$_}->patch({})), '401 unknown-key',
    "$_: the key from before the backup is dead again") for qw(rotated again);
is(outcome($device{same}->patch({})), '200', 'the first one still goes on');

like($t->srvctl('check'), qr/ damaged 0$/m, 'the store is whole');

done_testing();
