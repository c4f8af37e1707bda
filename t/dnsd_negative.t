#!/usr/bin/perl

# What is not there: NXDOMAIN, NODATA and empty non-terminals, each with the
# SOA and the time for which the absence may be believed (RFC 2308).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Dnsd;

my $d = SrvRegistrar::Dnsd->new();

$d->fill($d->ZONE . $d->DEVICE . <<'END');
device asleep suspended
set @ A 60 +86400 203.0.113.8
device empty
device leaf
set a.b.c TXT 60 +86400 "x"
END
$d->start();

my @cases = (
    # name, type, RCODE, what the case is
    ['nope',                    'A',    'NXDOMAIN', 'no label of the zone'],
    ['dev1',                    'TXT',  'NOERROR',  'a device without it'],
    ['_tcp.dev1',               'SRV',  'NOERROR',  'an empty non-terminal'],
    ['_tcp.dev1',               'A',    'NOERROR',  'and with its address'],
    ['tcp.dev1',                'A',    'NXDOMAIN', 'not by a label\'s end'],
    ['_xmpp-server._tcp.dev1',  'A',    'NOERROR',  'a name that has SRV'],
    ['x._xmpp-server._tcp.dev1', 'SRV', 'NXDOMAIN', 'below a leaf'],
    ['_udp.dev1',               'A',    'NXDOMAIN', 'beside the records'],
    ['asleep',                  'A',    'NXDOMAIN', 'a suspended device'],
    ['empty',                   'A',    'NXDOMAIN', 'a device with nothing'],
    ['leaf',                    'A',    'NOERROR',  'only names below'],
    ['c.leaf',                  'TXT',  'NOERROR',  'two levels above'],
    ['b.c.leaf',                'TXT',  'NOERROR',  'one level above'],
    ['b.leaf',                  'TXT',  'NXDOMAIN', 'a label from between'],
    ['static',                  'A',    'NOERROR',  'above a static name'],
    ['er.static',               'TXT',  'NOERROR',  'between static labels'],
    ['er',                      'TXT',  'NXDOMAIN', 'and not by themselves'],
    ['',                        'TXT',  'NOERROR',  'the apex'],
    ['',                        'DS',   'NOERROR',  'DS at the apex'],
    ['www',                     'AAAA', 'NOERROR',  'behind a CNAME'],
    ['nope',                    'SOA',  'NXDOMAIN', 'a SOA elsewhere'],
    ['dev1',                    'MAILB', 'NOERROR', 'an obsolete meta type'],
);

for my $case (@cases) {
    my ($label, $type, $rcode, $what) = @$case;
    my $name = join('.', grep { $_ ne '' } $label, 'devices.example');
    my $reply = $d->query($name, $type);

    is($reply->header->rcode, $rcode, "$name $type: $what");
    ok($reply->header->aa, '... AA');

    my ($soa) = $reply->authority;

    is(scalar($reply->authority), 1, '... one RR in the authority section');
    is(lc($soa->owner), 'devices.example', '... of the apex');
    is($soa->type, 'SOA', '... the SOA');
    is($soa->ttl, 300, '... for min(TTL, MINIMUM)');
}

is(scalar($d->query('www.devices.example', 'AAAA')->answer), 1,
   'the CNAME is in the answer');

for my $name ('other.test', 'example', '.', 'xdevices.example') {
    my $reply = $d->query($name, 'A');

    is($reply->header->rcode, 'REFUSED', "$name is none of ours");
    ok(!$reply->header->aa, '... without AA');
    is(scalar($reply->authority), 0, '... without referral');
}

is($d->query('devices.example', 'A', class => 'CH')->header->rcode, 'REFUSED',
   'class CH');
is($d->query('devices.example', 'A', class => 'ANY')->header->rcode,
   'REFUSED', 'class ANY');
is($d->query('version.bind', 'TXT', class => 'CH')->header->rcode, 'REFUSED',
   'no version');

my $any = $d->query('dev1.devices.example', 'ANY');

is($any->header->rcode, 'NOERROR', 'ANY');
is(scalar($any->answer), 1, '... one live RRset');

my $counters = $d->counters();

cmp_ok($counters->{NXDOMAIN}, '==', grep({ $_->[2] eq 'NXDOMAIN' } @cases),
       'NXDOMAIN counted');
cmp_ok($counters->{NODATA}, '==',
       grep({ $_->[2] eq 'NOERROR' } @cases) + 1, 'NODATA counted');
cmp_ok($counters->{REFUSED}, '==', 7, 'REFUSED counted');

$d->fill("zone other.example\nrr @ 60 SOA a b 1 2 3 4 5\nwithdraw-others\n");
is($d->query('dev1.devices.example', 'A')->header->rcode, 'REFUSED',
   'a withdrawn zone is refused');

is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();
