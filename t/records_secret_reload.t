#!/usr/bin/perl

# A secret is added by a reload.  Old workers live on while they have
# something to do; they do not have it, and say that of keys made with it:
# "unknown-key" would make a device enrol that has a good key.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new(workers => 1);
my $name = 'name ' . '11' x 32 . "\nkey 1 " . '22' x 32 . "\n";

$t->start();

my $old = $t->device('old');
my $new = $t->device('new');

$old->enroll();
is(outcome($old->register(1)), '200', 'a key of the first secret');

# Requests that have begun keep the worker; that it has read the begin of them
# is known when one that came later is answered.

my ($pid) = $t->workers();
my @begun = map { $t->{client}->connect() or die($@) } 1 .. 3;

print $_ 'PATCH /v1/rec' for @begun;
is(outcome($old->patch({})), '200', 'the worker works');

$t->write('secrets', $name . 'key 2 ' . '33' x 32 . "\n");
ok($t->reload(), 'a second secret, a reload');
ok($t->wait_log(qr/ $pid#\d+: gracefully shutting down/),
    'the old worker takes no more connections');
is(outcome($new->enroll()), '201', 'a key of the second secret');
is(outcome($new->register(2)), '200', '... is in use');


# Ends a request that began before the reload.

sub ended
{
    my ($device) = @_;

    my $socket = shift(@begun);
    my $bytes = $device->signed_bytes('PATCH', '/v1/records', '{}');

    print $socket substr($bytes, length('PATCH /v1/rec'));

    return $t->{client}->reply($socket);
}


ok(kill(0, $pid), 'the old worker is there');

my $reply = ended($new);

is(outcome($reply), '503 secret-unavailable', 'it cannot know that key');
like($reply->{headers}{'retry-after'}, qr/^[1-5]$/, '... Retry-After');
is(outcome(ended($old)), '200', 'it knows the other');
is(outcome(ended($new)), '503 secret-unavailable', '... and no more than that');

$new->{last} += 3;
is(outcome($new->patch({})), '200', 'the new one does: the key lives');
is(outcome($old->patch({})), '200', '... and both');

done_testing();
