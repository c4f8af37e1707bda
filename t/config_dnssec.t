#!/usr/bin/perl

# `dnssec` and `key` in srv_registrar_zone: `nginx -t` finds each mistake, says
# what and where; and what stands in a zone that is signed.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar;

my $t = SrvRegistrar->new(dnssec => 13);
my $keys = $t->{keys};
my $conf = $t->path('nginx.conf');

$t->allow_log(qr/\[emerg\]/);

$keys->make('zsk2');
$keys->make('ksk2');
$keys->make('ksk15', algorithm => 15);
$keys->make('zsk15', algorithm => 15);
$keys->make('zsk-other', zone => 'other.example');

my ($ksk, $zsk, $zsk2, $other) = map { $keys->base($_) }
    qw(ksk zsk zsk2 zsk-other);


# nginx's exit status and words, with these lines.

sub check
{
    my ($lines, %slots) = @_;

    $t->configure(dnssec => $lines, %slots);

    return $t->check_configuration();
}


# What is right.

my @good = (
    ['a KSK and a ZSK', $keys->lines('ksk', 'zsk')],
    ['a CSK', $keys->lines('ksk')],
    ['states', $keys->lines('ksk active', 'zsk active', 'zsk2 published',
        'ksk2 retired')],
    ['two algorithms', $keys->lines('ksk', 'zsk', 'ksk15', 'zsk15')],
    ['an algorithm on its way out', $keys->lines('ksk retired', 'zsk',
        'ksk15', 'zsk15')],
    ['a name with its ending', "dnssec on; key $ksk.key; key $zsk.private;"],
    ['off', 'dnssec off;'],
);

for (@good) {
    my ($what, $lines) = @$_;
    my ($status, $said) = check($lines);

    is($status, 0, $what) or diag($said);
    unlike($said, qr/\[(?:warn|emerg)\]/, '... without a word');
}


# What is not.

$t->write('keys/broken.key', "devices.example. IN DNSKEY 256 3 13 AAAA\n");
$t->write('keys/broken.private', "nothing\n");

my @mistakes = (
    ['dnssec yes;', qr/invalid value "yes" in "dnssec": .*"on" or "off"/],
    ['dnssec;', qr/invalid number of arguments in "dnssec"/],
    ['dnssec on; dnssec on;', qr/"dnssec" of "srv_registrar_zone" is dupl/],
    ['dnssec on;', qr/"devices.example" has "dnssec on" and no "key"/],
    ["key $ksk;", qr/"key" "\Q$ksk\E" without "dnssec on"/],
    ["dnssec off; key $ksk;", qr/"key" "\Q$ksk\E" without "dnssec on"/],
    ["dnssec on; key $ksk on;",
     qr/"on" in "key": .*"published", "active" or "retired"/],
    ["dnssec on; key $ksk active now;", qr/number of arguments in "key"/],
    ["dnssec on; key $ksk; key $zsk; key $zsk;",
     qr/"key" "\Q$zsk\E" has the tag \d+ of "key" "\Q$zsk\E"/],
    ["dnssec on; key $ksk; key none;", qr/"key" "none": .*No such file/],
    ["dnssec on; key $ksk; key keys/broken;", qr{"key" "keys/broken": }],
    ["dnssec on; key $ksk; key $other;",
     qr/"\Q$other\E" is a key of another zone than "devices.example"/],
    ["dnssec on; key $zsk;",
     qr/"\Q$zsk\E": the zone "devices.example" has no active KSK/],
    [$keys->lines('ksk retired', 'zsk'), qr/no active KSK/],
    [$keys->lines('ksk retired', 'ksk15', 'zsk15'),
     qr/no active KSK \(flags 257\) of its algorithm 13/],
    [$keys->lines('ksk', 'zsk', 'zsk15 published'),
     qr/no active KSK \(flags 257\) of its algorithm 15/],
    [join("\n", 'dnssec on;', map { $keys->make("zsk-$_"); 'key '
        . $keys->base("zsk-$_") . ';' } 1 .. 9),
     qr/is one above the 8 keys that a zone can have/],
);

for (@mistakes) {
    my ($lines, $expected) = @$_;
    my ($status, $said) = check($lines);

    isnt($status, 0, $lines =~ s/\Q$t->{dir}\E\S*\///gr);
    like($said, $expected, '... says why');
    like($said, qr/\[emerg\].* in \Q$conf\E:\d+/, '... and where');
}


# The line is the directive's, not that of the end of the block.

{
    my ($status, $said) = check($keys->lines('ksk', 'zsk', 'zsk15 published'));

    like($t->line_named($said), qr/\+015\+.* published;/,
        'the line is the key\'s');

    ($status, $said) = check("dnssec on;\n");
    like($t->line_named($said), qr/dnssec on;/, '... or that of "dnssec on"');
}


# What is told of and taken all the same.

my @warnings = (
    ['a private key that others may read', sub {
        chmod(0644, "$zsk.private"); $keys->lines('ksk', 'zsk') },
     qr/\[warn\] .*"\Q$zsk\E": any user of this machine may read/],
    ['the last ZSK retired', sub {
        chmod(0600, "$zsk.private"); $keys->lines('ksk', 'zsk retired') },
     qr/\[warn\] .*"\Q$zsk\E" is retired and no other ZSK/],
);

for (@warnings) {
    my ($what, $lines, $expected) = @$_;
    my ($status, $said) = check($lines->());

    is($status, 0, $what);
    like($said, $expected, '... is told of');
}


# A sweep keeps signatures alive.

{
    my ($status, $said) = check($keys->lines(), http =>
        'srv_registrar_sweep off;');

    isnt($status, 0, 'no sweep');
    like($said, qr/"dnssec on" needs "srv_registrar_sweep"/, '... says why');
    like($t->line_named($said), qr/dnssec on;/, '... and where');
    $t->configure(http => '');
}


# Values have to hold their signatures, too.

{
    # 60 names of one address each: 1.5 KiB, and 90 bytes a signature more.
    my $text = join('', $t->ZONE, map { "n$_.big A 192.0.2.1\n" } 1 .. 60);

    $t->write('devices.example.zone', $text);

    my ($status, $said) = check('');

    is($status, 0, 'a name that fits unsigned') or diag($said);

    ($status, $said) = check($keys->lines());

    isnt($status, 0, '... and does not signed');
    like($said, qr/at and below "big" is too much with its signatures/,
        '... is named');

    $t->write('devices.example.zone', $t->ZONE);
}


# A name below which no device would find room, signed.

for my $wrong (0, 1) {
    my $zone = join('.', 'a' x (61 + $wrong), 'b' x 62, 'c' x 62);
    my $long = SrvRegistrar->new(dnssec => 13, zone => $zone,
        zone_text => $t->ZONE =~ s/devices\.example/$zone/gr);
    my ($status, $said);

    $long->allow_log(qr/\[emerg\]/);
    $long->configure();
    ($status, $said) = $long->check_configuration();
    is($status != 0 ? 1 : 0, $wrong, 'a zone of ' . length($zone) . ' bytes')
        or diag($said);
    next if !$wrong;

    like($said, qr/"dnssec on": its name may then have 187 bytes/,
         '... is too long');
    like($long->line_named($said), qr/dnssec on;/, '... and where');
    $long->configure(dnssec => 'dnssec off;');
    ($status, $said) = $long->check_configuration();
    is($status, 0, '... for a signed one') or diag($said);
}


# DNSSEC's own types come from the keys, never from the file.

$t->write('devices.example.zone', $t->ZONE . $keys->dnskey('ksk') . "\n");

{
    my ($status, $said) = check($keys->lines());

    isnt($status, 0, 'a DNSKEY in the zone file');
    like($said, qr/line \d+: /, '... is refused, with its line');
}

done_testing();
