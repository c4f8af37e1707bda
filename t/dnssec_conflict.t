#!/usr/bin/perl

# The zone file of a signed zone has a name that a device has, so that it cannot
# be published; its keys are rolled meanwhile.  They are published all the same:
# what is signed by keys that nobody knows would be bogus, the whole zone.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

my $t = SrvRegistrar->new(dnssec => 13);
my $keys = $t->{keys};
my $zone = $t->{zone};
my $file = "$zone.zone";

my %enroll = (enroll =>
    'srv_registrar_label $srv_registrar_subject_serial;');

$keys->make('zsk2');

$t->configure(%enroll, http => 'srv_registrar_sweep 1s;');
$t->start(dnsd => 1);

my $device = $t->device('device', subject => '/serialNumber=tv');

is(outcome($device->enroll()), '201', 'enrolled');
is(outcome($device->register(1)), '200', 'registered');

$t->allow_log(qr/\[alert\].*"tv", which is a device's/);
$t->write($file, $t->ZONE . "mail A 192.0.2.25\ntv A 192.0.2.99\n");

keys_are('ksk', 'zsk', 'zsk2 published');
is(tags(), join(' ', sort map { $keys->tag($_) } qw(ksk zsk zsk2)),
   'a new key is published');

keys_are('ksk', 'zsk retired', 'zsk2');
signed('zsk2', 'it signs, and the device\'s records too');
is($t->query("mail.$zone", 'A')->header->rcode, 'NXDOMAIN',
   'nothing else of the file is published');

keys_are('ksk', 'zsk2');
is(tags(), join(' ', sort map { $keys->tag($_) } qw(ksk zsk2)),
   'the old one is gone');

is(outcome($device->register(2)), '200', 'the device works on');
signed('zsk2', 'all is good');

my $serial = $t->serial();

ok($t->reload_all(), 'the same configuration once more');
ok(wait_until(sub { alerts() == 4 }), 'is told of, too');
is($t->serial(), $serial, 'and changes nothing');

$t->configure(dnssec => 'dnssec off;');
$t->reload_all();
ok(wait_until(sub { tags() eq '' }), 'no keys without DNSSEC');
is($t->query("www.$zone", 'A')->header->rcode, 'NOERROR', 'the zone is there');

# An apex so large that no keys find room beside it, which a conflict keeps from
# being replaced.

$t->write($file, $t->ZONE . join('', map { '@ TXT "' . $_ x 245 . "\"\n" }
                                     0 .. 9, 'a' .. 'v'));
$t->reload_all();
ok(wait_until(sub { $t->query($zone, 'TXT', tcp => 1)->answer == 32 }),
   'a large apex');

$t->allow_log(qr/\[alert\].*the keys of zone "\Q$zone\E" and their sig/,
              qr/\[error\].* lack signatures, .* "\@" in "\Q$zone\E"/);
$t->write($file, $t->ZONE . "tv A 192.0.2.99\n");
$t->configure(dnssec => $keys->lines('ksk', 'zsk2'));
$t->reload_all();
ok($t->wait_log(qr/\[alert\].*find no room beside what was published/),
   'keys that find no room are told of');
ok($t->wait_log(qr/ 1 of the \d+ values .* the first is "\@" in/),
   '... by the sweep, too');
is(tags(), '', 'the zone is not served as signed');
is($t->query("www.$zone", 'A')->header->rcode, 'NOERROR', '... but served');
is(outcome($device->register(3)), '200', '... and the device works on');

done_testing();


sub keys_are
{
    my (@lines) = @_;

    my $from = length($t->read('error.log'));

    $t->configure(dnssec => $keys->lines(@lines));
    $t->reload_all() or fail("keys: @lines");
    ok(wait_until(sub { substr($t->read('error.log'), $from)
        =~ /values of signed zones are signed/ }), "keys: @lines");
}


sub signed
{
    my ($name, $what) = @_;

    my ($bad, $good) = $keys->verify($t);

    is($bad, '', $what);
    is_deeply($good->{"$zone. SOA"}, [$keys->tag($name)], "$name signs SOA");
}


# Of the DNSKEY records that are served.

sub tags
{
    my $reply = $t->query($zone, 'DNSKEY', tcp => 1);

    return join(' ', sort map { $_->keytag }
        grep { $_->type eq 'DNSKEY' } $reply->answer);
}


sub alerts
{
    return scalar(() = $t->read('error.log') =~ /\[alert\].*"tv", which/g);
}
