#!/usr/bin/perl

# The differential test: a fleet of devices and an operator's static names,
# in our store and as a zone file in NSD and Knot.  Every name and type,
# existing and not, is asked of all three.
#
# NSD: RCODE, AA, the answer section and the SOA of a negative answer.
# Knot: all sections.  Order aside, and RRs given twice (Knot adds the address
# of two SRV with one target so); ANY, which each answers by its own taste, is
# not asked.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Peers;

use constant DEVICES => 40;

my $missing = SrvRegistrar::Peers->missing();

plan(skip_all => $missing) if defined($missing);

# RFC 3597's TYPE65400 stands for all that nobody knows.

my @types = qw(A AAAA SRV TXT CNAME NS SOA MX PTR TLSA SSHFP SVCB HTTPS URI
    CAA NAPTR DS DNSKEY RRSIG NSEC NULL TYPE0 TYPE65400 MAILB OPT);

my $static = <<'SOA' . SrvRegistrar::Peers::STATIC . <<'END';
@ 3600 SOA ns1 hostmaster.mail 1 3600 600 86400 300
SOA
todevice 300 CNAME _xmpp-server._tcp.dev3
toempty 300 CNAME _tcp.dev3
odd 300 TYPE65400 \# 4 01020304
END


# A device's records: owner relative to it, TTL, type and RDATA.

sub device_records
{
    my ($i) = @_;

    my @records = (['@', 60, 'A', '203.0.113.' . ($i + 1)]);

    push(@records, ['@', 120, 'AAAA', sprintf('2001:db8:1::%x', $i + 1)])
        if $i % 2;
    push(@records, ['_xmpp-server._tcp', 60, 'SRV',
                    '0 0 ' . (15000 + $i) . ' @']) if $i % 3 == 0;
    push(@records, ['_xmpp-server._tcp', 60, 'SRV', '5 0 5269 @'])
        if $i % 6 == 0;
    push(@records, ['_xmpps-server._tcp', 60, 'SRV', '0 0 0 .'])
        if $i % 4 == 0;
    push(@records, ['_xmpp-server._tcp.conference', 60, 'SRV',
                    "0 0 $i host.sub"], ['host.sub', 60, 'A', '203.0.113.99'])
        if $i % 5 == 0;
    push(@records, ['_acme-challenge', 30, 'TXT', '"' . 'v' x 43 . '"'],
        ['_acme-challenge', 30, 'TXT', '"' . 'w' x 43 . '"']) if $i % 7 == 0;
    push(@records, ["_$_._tcp", 60, 'TLSA', '3 1 1 ' . 'ab' x 32])
        for $i % 8 == 0 ? (443, 15269) : ();
    push(@records, ['@', 60, 'HTTPS', '1 . alpn=h2 port=8443']) if $i == 9;
    push(@records, ['_x', 60, 'SVCB', '1 @ port=8443']) if $i == 9;
    push(@records, ['_u', 60, 'URI', '10 1 "https://a.example/"']) if $i == 9;
    push(@records, ['@', 60, 'SSHFP', '4 2 ' . 'cd' x 32]) if $i == 9;
    @records = ['only.below', 60, 'TXT', '"x"'] if $i == 10;

    return @records;
}


my $fill = "zone devices.example\n";
my $zone = "\$ORIGIN devices.example.\n";
my %names = map { $_ => 1 } '@', qw(nope x.nope _tcp c b.c dns res _udp
    nope.mail x.mail ns2.nope b devX dev nope.c);

for my $line (split(/\n/, $static)) {
    $fill .= "rr $line\n";
    $names{ (split(/ /, $line))[0] } = 1;
}

for my $i (0 .. DEVICES - 1) {
    my $label = "dev$i";

    $fill .= "device $label\n";
    $names{$_} = 1 for $label, map { "$_.$label" } qw(_tcp nope tcp sub
        conference _tcp.conference below x.host.sub);

    for my $record (device_records($i)) {
        my ($owner, $ttl, $type, $rdata) = @$record;
        my $name = $owner eq '@' ? $label : "$owner.$label";

        $fill .= "set $owner $type $ttl +864000 $rdata\n";
        $names{$name} = 1;
        $names{"x.$name"} = 1;

        $rdata =~ s/\@/$label/;
        $rdata =~ s/host\.sub/host.sub.$label/;
        $zone .= "$name $ttl IN $type $rdata\n";
    }
}

my $d = SrvRegistrar::Dnsd->new();

$d->fill($fill);
$d->start();

# The registrar sets the serial; the others take it from the file.

my ($soa) = $d->query('devices.example', 'SOA')->answer;
my $serial = $soa->serial;

$static =~ s/(hostmaster\.mail) 1 /$1 $serial /;
$zone .= $static;

my $peers = SrvRegistrar::Peers->new(dir => $d->{dir},
    address => $d->{address}, zone => 'devices.example');

$peers->start($zone);

my @others = sort keys(%{ $peers->{port} });


# The same bytes for each server: Net::DNS takes its time to make them.

my %queries;


sub ask
{
    my ($server, $name, $type) = @_;

    local $d->{port} = $peers->{port}{$server} // $d->{port};
    my $query = $queries{"$name $type"}
        //= $d->packet($name, $type, edns => 1232)->data();
    my $bytes = $d->ask($query);
    my $reply = defined($bytes) ? scalar(Net::DNS::Packet->new(\$bytes))
                                : undef;

    return $reply;
}


sub text
{
    my ($reply, $peer) = @_;

    return 'none' if !$reply;

    my $header = $reply->header;
    my @negative = grep { $_->type eq 'SOA' } $reply->authority;
    my %text = (
        rcode  => $header->rcode,
        flags  => join(' ', map { $_ . $header->$_ } qw(aa tc ra rd)),
        answer => $d->can('section')->($reply->answer),
    );

    if ($peer eq 'nsd') {
        $text{soa} = $d->can('section')->(@negative);

    } else {
        $text{authority} = $d->can('section')->($reply->authority);
        $text{additional} = unique($reply->additional);
    }

    return \%text;
}


sub unique
{
    my %seen;

    return [ grep { !$seen{$_}++ } @{ $d->can('section')->(@_) } ];
}


sub mixed_case
{
    my ($name) = @_;

    my $i = 0;

    return $name =~ s/([a-z])/$i++ % 2 ? uc($1) : $1/gre;
}


# For Knot type 0 is NOTIMP; RFC 8906 8.1.2 wants NODATA for what is not known.
# NSD follows a CNAME for the types that may stand beside it (RFC 4035 2.5).

sub differs_by_taste
{
    my ($peer, $type) = @_;

    return $peer eq 'knot' ? $type eq 'TYPE0' : $type =~ /^(?:RRSIG|NSEC)$/;
}


my (%bad, $asked);

for my $label (sort keys(%names)) {
    my $name = $label eq '@' ? 'devices.example' : "$label.devices.example";

    for my $type (@types) {
        my $ours = ask('dnsd', $name, $type);

        $asked++;

        for my $peer (@others) {
            next if differs_by_taste($peer, $type);

            my $theirs = text(ask($peer, $name, $type), $peer);
            my $mine = text($ours, $peer);

            next if eq_hash($mine, $theirs);

            if ($bad{$peer}++ < 10) {
                diag("$name $type: dnsd against $peer\n",
                     explain($mine, $theirs));
            }
        }
    }
}

cmp_ok($asked, '>', 5000, "$asked questions");
is($bad{nsd}, undef, 'as NSD answers them');
is($bad{knot}, undef, 'as Knot answers them');

%bad = ();

for my $label (sort keys(%names)) {
    my $name = $label eq '@' ? 'devices.example' : "$label.devices.example";
    my $plain = text(ask('dnsd', $name, 'SRV'), 'knot');
    my $mixed = ask('dnsd', mixed_case($name), 'SRV');

    $bad{$name} = 1 if !eq_hash($plain, text($mixed, 'knot'));
    $bad{$name} = 1 if ($mixed->question)[0]->qname ne mixed_case($name);
}

is(join(' ', keys(%bad)), '', 'no other answer for another case');

$peers->stop();
is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();
