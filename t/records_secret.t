#!/usr/bin/perl

# Secrets are rotated: new keys come from the newest, and a worker that lacks
# the one of a device's key says so, and not that the key is unknown.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();
$t->start();

my %devices = map { $_ => $t->device($_) } qw(one two);


# Rewrites the secrets file with keys of these numbers; 1 is the bench's.

sub secrets
{
    my (@numbers) = @_;

    $t->write('secrets', 'name ' . '11' x 32 . "\n"
        . join('', map { "key $_ " . sprintf('%02x', 0x21 + $_) x 32 . "\n" }
            @numbers));

    return $t->reload_all();
}


sub patch { return outcome($devices{$_[0]}->patch({})) }


is(outcome($devices{one}->enroll()), '201', 'enrolled with secret 1');
is(patch('one'), '200', 'the key works');

my $fqdn = $devices{one}->fqdn;

ok(secrets(1, 2), 'secret 2 is added');
is(patch('one'), '200', 'a key of secret 1 works');
is(outcome($devices{two}->enroll()), '201', 'enrolled with secret 2');
is(patch('two'), '200', 'that key works');

ok(secrets(2), 'secret 1 is taken away');
is(patch('two'), '200', 'a key of secret 2 works');

my $reply = $devices{one}->patch({});

is(outcome($reply), '503 secret-unavailable', 'one of secret 1 cannot be known');
like($reply->{headers}{'retry-after'}, qr/^[1-5]$/, '... Retry-After');
is(outcome($devices{one}->show()), '503 secret-unavailable', '... GET');

ok(secrets(1, 2), 'secret 1 is back');
is(patch('one'), '200', 'its keys work again');

is(outcome($devices{one}->enroll()), '200', 'enrolled again');
is($devices{one}->fqdn, $fqdn, '... under the same name');
is(patch('one'), '200', '... and used');
ok(secrets(2), 'secret 1 is taken away');
is(patch('one'), '200', 'nobody misses it');

like($t->read('error.log'), qr/\[error\].*secret-unavailable/,
     'the operator is told in the log');
unlike($t->read('error.log'), qr/(?:22){8}/, '... and not what a secret is');

done_testing();
