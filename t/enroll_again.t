#!/usr/bin/perl

# Enrolling again harms nobody: the key in use goes on working until the new
# one is used for the first time, and an unused one runs out.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new();

$t->configure(server => <<'END');
location = /brief {
    srv_registrar enroll;
    srv_registrar_pending_key 2s;
}
END
$t->start();

my $device = $t->device('device');

is(outcome($device->enroll()), '201', 'enrolled');

my $lost = $device->twin();

is(outcome($device->enroll()), '200', 'the reply was lost: once more');
is($device->fqdn, $lost->fqdn, 'the same name');
isnt($device->keyid, $lost->keyid, 'another keyid');
isnt($device->{key}{k}, $lost->{key}{k}, 'another key');
is(outcome($lost->show()), '401 unknown-key',
   'a pending key is gone when there is a newer one');
is(outcome($device->register(1)), '200', 'the newer one works');


# Somebody enrols with a copy of the certificate, and does no more.

my $clone = $device->twin();

is(outcome($clone->enroll()), '200', 'a clone enrols');
is(outcome($device->patch({})), '200', 'the key in use works as before');
is(outcome($clone->show()), '200', 'a pending key may look');
is(outcome($device->patch({})), '200', '... which is no use of it');
is(outcome($clone->rotate('')), '401 unknown-key',
   '... but not make the next one');
is(outcome($clone->put({ lease => -1 })), '422 member-invalid lease',
   'a refused request');
is(outcome($device->patch({})), '200', '... is no use of it either');

is(outcome($clone->patch({})), '200', 'the first use');

my $reply = $device->patch({});

is(outcome($reply), '401 unknown-key', 'retires the key before');
like($reply->{headers}{'retry-after'}, qr/^(?:[1-9]|[12]\d|30)$/,
     '... with Retry-After');
is(outcome($device->show()), '401 unknown-key', '... for GET as well');
is(outcome($clone->delete()), '200', 'DELETE with the new one');


# A key that nobody uses.

my $brief = $clone->twin();
$reply = $t->request('POST', '/brief', cert => 'device');

is(outcome($reply), '200', 'a key that is to be used within 2 s');
ok($reply->{json}{key_expires_at} <= $reply->{json}{server_time} + 2,
   'as it says');
$brief->keep($reply->{json});
is(outcome($brief->show()), '200', 'it is known');
ok(wait_until(sub {
    outcome($brief->show(sign => { created => time() })) eq '401 unknown-key'
}), 'until it runs out');
is(outcome($brief->register(2)), '401 unknown-key', 'it cannot be used');
is(outcome($clone->register(3)), '200', 'the one before still can');
like($clone->show()->{body}, qr/0 0 3 /, 'and did');

done_testing();
