#!/usr/bin/perl

# `srvctl ds`: the DS that ldns and BIND would say, of the keys that a parent
# has to know, and a trust anchor that BIND's tools take.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(program wait_until);

my $t = SrvRegistrar->new(dnssec => 13);
my $keys = $t->{keys};

$keys->make('ksk-next');
$keys->make('ksk-old');
$keys->make('ksk15', algorithm => 15);
$keys->make('zsk15', algorithm => 15);

$t->configure(dnssec => $keys->lines('ksk', 'zsk', 'ksk15', 'zsk15',
    'ksk-next published', 'ksk-old retired'));
$t->start();
wait_until(sub { $t->store_check()->{zones} });

my $zone = $t->{zone};
my @said = split(/\n/, $t->srvctl('ds', $zone));

is_deeply([sort map { lc } @said],
    [sort map { "$zone. in ds " . lc($keys->ds($_)) } qw(ksk ksk15)],
    'the DS of active KSKs, as ldns says them');

SKIP: {
    my $dsfromkey = program('dnssec-dsfromkey') or skip('no BIND', 1);

    is_deeply([sort @said], [sort map {
        my $file = $keys->base($_);
        split(/\n/, scalar(`$dsfromkey -2 $file.key`));
    } qw(ksk ksk15)], '... byte for byte as BIND does');
}

my $anchor = $t->srvctl('ds', '--anchor', uc($zone));

for my $name (qw(ksk ksk15)) {
    my ($flags, $algorithm, $key) = $keys->dnskey($name)
        =~ /DNSKEY\s+(257) 3 (\d+) (\S+)/;

    like($anchor, qr/^\s*\Q$zone\E\. static-key 257 3 $algorithm "\Q$key\E";$/m,
        "the anchor has $name");
}

is(scalar(() = $anchor =~ /static-key/g), 2, '... and no other');

SKIP: {
    my $checkconf = program('named-checkconf') or skip('no BIND', 1);

    $t->write('anchor.conf', $anchor);
    is(scalar(`$checkconf @{[ $t->path('anchor.conf') ]} 2>&1`), '',
        '... in BIND\'s own form');
}

like($t->srvctl('ds', 'none.example'), qr/the store has no such zone/,
    'another zone');
like($t->srvctl('ds'), qr/usage: srvctl ds/, 'no zone');

$t->configure(dnssec => '');
ok($t->reload_all(), 'unsigned again');
ok(wait_until(sub { $t->srvctl('ds', $zone) =~ /the zone is not signed/ }), '... it says so');
isnt($? >> 8, 0, '... and fails');

done_testing();
