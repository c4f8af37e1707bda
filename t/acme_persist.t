#!/usr/bin/perl

# What a device that has its own ACME account may say about it: the TXT of
# dns-persist-01, which stays as long as the registration does, and CAA with
# the account (RFC 8657).  A challenge in flight and these do not touch each
# other.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::AcmeDns qw(challenge);

use constant ACCOUNT => 'https://ca.example/acme/acct/4711';

my $t = SrvRegistrar->new();

$t->configure(server => SrvRegistrar::AcmeDns->LOCATION,
    zone => 'type TXT CAA;');
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();

my $fqdn = $device->fqdn();
my $account = ACCOUNT;

# A TXT string has at most 255 bytes; a CA joins them.
my @long = ('ca.example; accounturi=https://ca.example/' . 'a' x 200,
            'b' x 100 . '; policy=wildcard; persistUntil=1893456000');

my @records = (
    { name => '_validation-persist', type => 'TXT', data => [
        qq("ca.example; accounturi=$account; policy=wildcard"),
        join(' ', map { qq("$_") } @long),
    ] },
    { name => '@', type => 'CAA', data => [
        qq(0 issue "ca.example; accounturi=$account; )
            . 'validationmethods=dns-01"',
        qq(0 issuewild "ca.example; accounturi=$account"),
        '0 iodef mailto:owner@example.net',
    ] },
);

is(outcome($device->put({ records => \@records })), '200', 'registered');

is_deeply([texts("_validation-persist.$fqdn")],
    [sort "ca.example; accounturi=$account; policy=wildcard", join('', @long)],
    'TXT of dns-persist-01, also a long one');

my @caa = sort map { $_->rdstring =~ s{\s+}{ }gr }
    $t->query($fqdn, 'CAA', tcp => 1)->answer;

is_deeply(\@caa, [sort @{ $records[1]{data} }], 'CAA with the account');

my $client = SrvRegistrar::AcmeDns->issue($device);
my $value = challenge('in-flight');

is($client->update($value)->{status}, 200, 'a challenge');
is(outcome($device->put({ records => [$records[0]] })), '200',
    'registered anew, without CAA');
is($client->published(), $value, 'the challenge stays');
is(scalar($t->query($fqdn, 'CAA')->answer), 0, 'CAA is gone');
is(scalar(my @left = texts("_validation-persist.$fqdn")), 2, 'the TXT stays');

is(outcome($device->delete()), '200', 'withdrawn');
is($client->published(), '', 'with the challenge');
is($client->update($value)->{status}, 200, 'the credential still works');
is($client->published(), $value, 'and publishes');

# The name of the challenge is no door to other names.
is($t->answers("_acme-challenge.$t->{zone}", 'TXT'), '',
    'nothing at the zone\'s own name');

done_testing();


sub texts
{
    my ($name) = @_;

    my $packet = $t->query($name, 'TXT', tcp => 1);
    my @texts = sort(map { join('', $_->txtdata) } $packet->answer);

    return @texts;
}
