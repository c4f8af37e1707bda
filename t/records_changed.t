#!/usr/bin/perl

# The serial moves when DNS shows something else, and only then: a fleet that
# refreshes must not have its zone transferred.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();
$t->start(dnsd => 1);

my $device = $t->device('device');
my $other = $t->device('other');
my $serial = $t->serial();

ok(abs($serial - time()) < 10, 'a serial of the time');


# What a request did: "200 changed" with a serial that moved, or not.

sub effect
{
    my ($reply) = @_;

    my $before = $serial;

    $serial = $t->serial();

    my $changed = $reply->{json}{changed};

    return outcome($reply) . ($changed ? ' changed' : '')
        . ($serial > $before ? ' moved' : $serial < $before ? ' BACK' : '');
}


my $moved = '200 changed moved';

is(effect($device->enroll()), '201', 'an enrolment');
is(effect($device->register(1)), $moved, 'a registration');
is(effect($device->register(1)), '200', 'the same again');
is(effect($device->patch({})), '200', 'a refresh');
is(effect($device->patch({ lease => 600 })), '200', 'another lease');
is(effect($device->show()), '200', 'GET');
is(effect($device->register(2)), $moved, 'another port');
is(effect($device->patch({ records => [
    { name => '@', type => 'TXT', data => ['"a"'] }] })), $moved, 'a record');
is(effect($device->patch({ records => [
    { name => '@', type => 'TXT', data => ['"a"'], ttl => 60 }] })), '200',
    'the same, with the TTL said');
is(effect($device->patch({ records => [
    { name => '@', type => 'TXT', data => ['"a"'], lease => 60 }] })), '200',
    'the same, with a lease');
is(effect($device->patch({ records => [
    { name => '@', type => 'TXT', data => ['"a"'], ttl => 59 }] })), $moved,
    'another TTL');
is(effect($device->patch({ records => [
    { name => 'x', type => 'TXT', data => [] }] })), '200',
    'a removal of nothing');
is(effect($device->patch({ records => [
    { name => '@', type => 'TXT', data => [] }] })), $moved, 'a removal');
is(effect($device->patch({}, source => '127.0.0.2')), $moved,
   'another address');
is(effect($device->patch({}, source => '127.0.0.2')), '200',
   'the same address');
is(effect($device->patch('{"lease":"x"}')), '422 member-invalid lease',
   'a refusal');
is(effect($device->rotate('')), '200', 'a new key');
is(effect($device->delete()), $moved, 'a withdrawal');
is(effect($device->delete()), '200', 'of nothing');
is(effect($other->enroll()), '201', 'another device');
is(effect($other->register(1)), $moved, '... moves the same serial');

done_testing();
