#!/usr/bin/perl

# CNAMEs are followed inside the zone, eight of them, and never round in
# circles; the last name decides the RCODE (RFC 6604).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Dnsd;

my $d = SrvRegistrar::Dnsd->new();

$d->fill($d->ZONE . <<'END' . $d->DEVICE . <<'OTHER');
rr c1 300 CNAME c2
rr c2 300 CNAME c3
rr c3 300 CNAME c4
rr c4 300 CNAME c5
rr c5 300 CNAME c6
rr c6 300 CNAME c7
rr c7 300 CNAME c8
rr c8 300 CNAME mail
rr c0 300 CNAME c1
rr loop1 300 CNAME loop2
rr loop2 300 CNAME loop1
rr self 300 CNAME self
rr out 300 CNAME www.elsewhere.test.
rr far 300 CNAME www.other.example.
rr nowhere 300 CNAME nope
rr half 300 CNAME er.static
rr a.b.sub 300 CNAME x.sub
rr x.sub 300 A 192.0.2.77
rr to-device 300 CNAME _xmpp-server._tcp.dev1
rr to-apex 300 CNAME @
END
zone other.example
rr @ 300 SOA ns hostmaster 1 2 3 4 5
rr @ 300 NS ns
rr www 300 A 192.0.2.99
OTHER
$d->start();

my @cases = (
    # name, type, RCODE, CNAMEs, other RRs, authority, what it is
    ['www',       'A',     'NOERROR',  1, 1, 0, 'one step'],
    ['www',       'CNAME', 'NOERROR',  1, 0, 0, 'asked for itself'],
    ['www',       'TXT',   'NOERROR',  1, 0, 1, 'to a name without it'],
    ['c1',        'A',     'NOERROR',  8, 1, 0, 'eight steps'],
    ['c0',        'A',     'NOERROR',  9, 0, 0, 'a ninth is not followed'],
    ['loop1',     'A',     'NOERROR',  2, 0, 0, 'a circle of two'],
    ['self',      'A',     'NOERROR',  1, 0, 0, 'a circle of one'],
    ['out',       'A',     'NOERROR',  1, 0, 0, 'out of all zones'],
    ['far',       'A',     'NOERROR',  1, 0, 0, 'into another zone of ours'],
    ['nowhere',   'A',     'NXDOMAIN', 1, 0, 1, 'to no name'],
    ['half',      'A',     'NOERROR',  1, 0, 1, 'to an empty name'],
    ['a.b.sub',   'A',     'NOERROR',  1, 1, 0, 'beside itself'],
    ['b.sub',     'A',     'NOERROR',  0, 0, 1, 'above a CNAME'],
    ['z.a.b.sub', 'A',     'NXDOMAIN', 0, 0, 1, 'below a CNAME'],
    ['to-device', 'SRV',   'NOERROR',  1, 1, 0, 'to a device'],
    ['to-apex',   'NS',    'NOERROR',  1, 2, 0, 'to the apex'],
);

for my $case (@cases) {
    my ($name, $type, $rcode, $cnames, $others, $authority, $what) = @$case;
    my $reply = $d->query("$name.devices.example", $type);
    my @answer = $reply->answer;

    is($reply->header->rcode, $rcode, "$name $type: $what");
    ok($reply->header->aa, '... AA');
    is(scalar(grep { $_->type eq 'CNAME' } @answer), $cnames, '... CNAMEs');
    is(scalar(grep { $_->type ne 'CNAME' } @answer), $others, '... others');
    is(scalar($reply->authority), $authority, '... authority');
}

my @answer = $d->query('c1.devices.example', 'A')->answer;

is(join(' ', map { $_->owner =~ s/\..*//r } @answer),
   'c1 c2 c3 c4 c5 c6 c7 c8 mail', 'in the order of the chain');

my $reply = $d->query('to-device.devices.example', 'SRV');

is_deeply($d->can('section')->($reply->additional),
    ['dev1.devices.example 60 a 203.0.113.7',
     'dev1.devices.example 60 aaaa 2001:db8::7'],
    'the SRV behind a CNAME brings its addresses');

is($d->query('c0.devices.example', 'A', edns => 0)->header->tc, 0,
   'nine CNAMEs fit 512 bytes');

is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();
