#!/usr/bin/perl

# A signed zone as those see it who believe nothing unsigned: every kind of
# answer is validated by delv and by Unbound, before, while and after leases
# run out.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time);

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(wait_until);
use SrvRegistrar::Trust;
use SrvRegistrar::Unbound;

use constant { ZONE => 'devices.example', LEASE => 3, CO => 0x4000 };

my $missing = SrvRegistrar::Trust->missing()
    // SrvRegistrar::Unbound->missing();

plan(skip_all => $missing) if defined($missing);

# delv is a process for each question: it is asked them all once.

for my $case ([1, 13], [0, 15], [0, 13, 15]) {
    my ($delv, @algorithms) = @$case;

    subtest('algorithms ' . join(' and ', @algorithms) => sub {
        check_zone($delv, @algorithms);
    });
}

done_testing();


sub check_zone
{
    my ($delv, @algorithms) = @_;

    my $d = SrvRegistrar::Dnsd->new();
    my $dir = "$d->{dir}/keys";
    mkdir($dir) or die "$dir: $!";

    my @keys = map { SrvRegistrar::Trust->key($dir, ZONE, $_) } @algorithms;
    my $trust = SrvRegistrar::Trust->new($d->{dir}, ZONE, @keys);
    my $zone = $d->ZONE;
    my $keys = join('', map { "key $_->{base}\n" } @keys);

    $zone =~ s/\n/\n$keys/;
    $d->allow_log(qr/can still be read by dnsd at work/,
                  qr/a key-signing key for all of/);
    $d->fill($zone . $d->DEVICE . <<'END');
device v4
set @ A 60 +86400 203.0.113.8
set c.b TXT 60 +86400 "deep"
device asleep suspended
set @ A 60 +86400 203.0.113.8
END
    $d->start('--keys', $dir);

    my $unbound = SrvRegistrar::Unbound->new(
        dir     => $d->{dir},
        address => $d->{address},
        stubs   => { ZONE, [$d->{address}, $d->{port}] },
        options => [$trust->unbound_options()],
    )->start();

    check_kinds($d, $delv ? $trust : undef, $unbound);

    if ($delv) {
        check_ds($d);
        check_codes($d);
    }

    check_leases($d, $trust, $unbound, $keys, scalar(@algorithms))
        if $delv || @algorithms > 1;

    $unbound->stop();
    $d->finish();
}


# Every kind of answer.

sub check_kinds
{
    my ($d, $trust, $unbound) = @_;

    my @cases = (
        # name, type, answers, what it is
        ['dev1',               'A',      1, 'a device'],
        ['_xmpp-server._tcp.dev1', 'SRV', 1, 'a service'],
        ['www',                'A',      2, 'behind a CNAME'],
        ['www',                'CNAME',  1, 'the CNAME'],
        ['deep.er.static',     'TXT',    1, 'a static name'],
        ['',                   'SOA',    1, 'the apex'],
        ['',                   'NS',     2, 'the servers'],
        ['',                   'DNSKEY', undef, 'the keys'],
        ['',                   'MX',     1, 'mail'],
        ['v4',                 'AAAA',   0, 'no data, signed beforehand'],
        ['c.b.v4',             'A',      0, 'no data'],
        ['www',                'TXT',    1, 'no data, but a CNAME'],
        ['',                   'TXT',    0, 'no data at the apex'],
        ['b.v4',               'A',      0, 'an empty non-terminal'],
        ['_tcp.dev1',          'SRV',    0, 'another'],
        ['static',             'A',      0, 'a static one'],
        ['nobody',             'A',      0, 'an absent name'],
        ['x.y.nobody',         'A',      0, 'one below it'],
        ['x.dev1',             'A',      0, 'one below a device'],
        ['NoBoDy',             'A',      0, 'one in odd case'],
        ['asleep',             'A',      0, 'a suspended device'],
        ["\x01\x02", 'A', 0, 'odd bytes'],
        ['v4',                 'NSEC',   1, 'NSEC'],
        ['b.v4',               'NSEC',   1, 'NSEC of what is made'],
        ['nobody',             'NSEC',   1, 'NSEC of nothing'],
    );

    for my $case (@cases) {
        my ($label, $type, $answers, $what) = @$case;
        my $text = $label =~ s/([^\x21-\x7e])/sprintf('\\%03d', ord($1))/ger;
        my $name = join('.', grep { $_ ne '' } $text, ZONE);
        my $negative = defined($answers) && $answers == 0;

        if (defined($trust)) {
            my ($verdict, $output) = $trust->delv($d->{address}, $d->{port},
                                                  $name, $type);

            is($verdict, ($negative ? 'negative response, ' : '')
               . 'fully validated', "$what: delv") or diag($output);
        }

        validated($unbound, $name, $type, $answers, $what);
    }
}


sub validated
{
    my ($unbound, $name, $type, $answers, $what) = @_;

    my $reply = $unbound->query($name, $type);

    ok($reply->header->ad, "$what: Unbound")
        or diag($reply->string . $unbound->log() =~ s/.*query: //sr);
    is($reply->header->ancount, $answers, '... answers')
        if defined($answers);
}


# Resolvers ask the parent for it.  Who asks the child is told that there is
# none here.

sub check_ds
{
    my ($d) = @_;

    my $reply = $d->query(ZONE, 'DS', do => 1, edns => 1232);
    my ($nsec) = grep { $_->type eq 'NSEC' } $reply->authority;

    is($reply->header->rcode, 'NOERROR', 'DS at the apex: RCODE');
    is(join(' ', sort($nsec->typelist)), 'DNSKEY MX NS NSEC RRSIG SOA',
       '... not among the types');
}


# RCODEs, and what the OPT says.

sub check_codes
{
    my ($d) = @_;

    my @cases = (
        # name, type, flags, RCODE, flags of the reply
        ['nobody', 'A', 0, 'NXDOMAIN', 0],
        ['nobody', 'A', 0x8000, 'NOERROR', 0x8000],
        ['nobody', 'A', 0x8000 | CO, 'NXDOMAIN', 0x8000 | CO],
        ['nobody', 'A', CO, 'NXDOMAIN', 0],
        ['dev1', 'MX', 0x8000 | CO, 'NOERROR', 0x8000 | CO],
        ['dev1', 'TYPE128', 0x8000, 'FORMERR', 0x8000],
        ['dev1', 'TYPE128', 0, 'FORMERR', 0],
    );

    for my $case (@cases) {
        my ($label, $type, $flags, $rcode, $expected) = @$case;

        for my $tcp (0, 1) {
            my $packet = $d->packet("$label." . ZONE, $type, edns => 1232);
            $packet->edns->flags($flags);
            my $bytes = $tcp ? $d->ask_tcp($packet->data())
                             : $d->ask($packet->data());
            my $reply = Net::DNS::Packet->new(\$bytes);

            is($reply->header->rcode, $rcode, "$label $type: RCODE");
            is($reply->edns->flags, $expected, '... flags');
        }
    }
}


# One RRset of several ends, and all of a device: there is no moment at which
# an answer could not be believed.

sub check_leases
{
    my ($d, $trust, $unbound, $keys, $signers) = @_;

    my $lease = LEASE;

    $d->fill("zone " . ZONE . "\n$keys" . <<"END");
device mixed
set @ A 60 +$lease 203.0.113.9
set @ AAAA 60 +86400 2001:db8::9
device brief
set @ A 60 +$lease 203.0.113.9
set _sip._tcp SRV 60 +$lease 0 0 5060 @
END

    my $end = time() + LEASE + 2;
    my %seen;
    my @questions = (['mixed', 'A'], ['mixed', 'TXT'], ['mixed', 'AAAA'],
        ['brief', 'A'], ['brief', 'AAAA'], ['_tcp.brief', 'A'],
        ['_sip._tcp.brief', 'SRV']);

    while (time() < $end) {
        for my $question (@questions) {
            my ($label, $type) = @$question;
            my $reply = $unbound->query("$label." . ZONE, $type);
            my $which = $reply->header->ancount > 0 ? 'there' : 'gone';

            $seen{"$label $type"}{ $which . ($reply->header->ad ? ''
                                                                : ' bad') }++;
        }
    }

    for my $question (@questions) {
        my ($label, $type) = @$question;
        my $expected = $type eq 'TXT' || "$label $type" eq 'brief AAAA'
            || $label eq '_tcp.brief' ? 'gone'
            : "$label $type" eq 'mixed AAAA' ? 'there' : 'gone there';

        is(join(' ', sort keys %{ $seen{"$label $type"} }), $expected,
           "$label $type: always believed");
    }

    for my $case (['mixed', 'A', 'AAAA RRSIG NSEC'],
                  ['brief', 'A', 'RRSIG NSEC TYPE128'],
                  ['_tcp.brief', 'A', 'RRSIG NSEC TYPE128'])
    {
        my ($label, $type, $types) = @$case;
        my ($verdict, $output) = $trust->delv($d->{address}, $d->{port},
                                              "$label." . ZONE, $type);
        my $reply = $d->query("$label." . ZONE, $type, do => 1,
                              edns => 1232);
        my ($nsec) = grep { $_->type eq 'NSEC' } $reply->authority;
        my @rrsigs = grep { $_->type eq 'RRSIG'
                            && $_->typecovered eq 'NSEC' } $reply->authority;

        is($verdict, 'negative response, fully validated',
           "$label: gone, says delv") or diag($output);
        is(join(' ', sort($nsec->typelist)),
           join(' ', sort(split(' ', $types))), '... types');
        is(scalar(@rrsigs), $signers, '... signed by each key');
    }
}
