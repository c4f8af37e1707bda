#!/usr/bin/perl

# RFC 8906 (BCP 231): a server answers whatever is asked, also what it does
# not know.  Its probes (section 8), each by UDP and by TCP, with the answer
# that it wants; then all opcodes, and types of every kind.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use Test::More;

use SrvRegistrar::Dnsd;

use constant { AA => 0x0400, TC => 0x0200, RD => 0x0100, RA => 0x0080,
               Z => 0x0040, AD => 0x0020, CD => 0x0010 };
use constant { SOA => 6, DNSKEY => 48, DO => 0x8000, MBZ => 0x0040 };
use constant { NSID => 3, SUBNET => 8, EXPIRE => 9, COOKIE => 10,
               UNKNOWN => 100 };
use constant { NOERROR => 0, FORMERR => 1, NOTIMP => 4, REFUSED => 5,
    BADVERS => 16 };

my $d = SrvRegistrar::Dnsd->new();

$d->fill($d->ZONE . $d->DEVICE);
$d->start();

# section, name
#   query     flags, type, size (of an OPT), version, edns (flags), options,
#             opcode, bare (a header alone), tcp (alone), name
#   expected  rcode, set (flags), soa (in the answer), do

my @probes = (
    ['8.1.1', 'a zone that is served', {}, { soa => 1 }],
    ['8.1.2', 'an unknown type', { type => 1000 }, {}],
    ['8.1.3.1', 'CD', { flags => CD }, { soa => 1 }],
    ['8.1.3.2', 'AD', { flags => AD }, { soa => 1 }],
    ['8.1.3.3', 'the reserved flag', { flags => Z }, { soa => 1 }],
    ['8.1.3.4', 'RD', { flags => RD }, { soa => 1, set => RD }],
    ['8.1.4', 'an unknown opcode', { opcode => 15, bare => 1 },
     { rcode => NOTIMP }],
    ['8.2.1', 'EDNS', { size => 4096 }, { soa => 1 }],
    ['8.2.2', 'EDNS version 1', { size => 4096, version => 1 },
     { rcode => BADVERS }],
    ['8.2.3', 'an unknown option', { size => 4096,
      options => [UNKNOWN, ''] }, { soa => 1 }],
    ['8.2.4', 'unknown EDNS flags', { size => 4096, edns => MBZ },
     { soa => 1 }],
    ['8.2.5', 'version 1 with unknown flags', { size => 4096, version => 1,
      edns => MBZ }, { rcode => BADVERS }],
    ['8.2.6', 'version 1 with an unknown option', { size => 4096,
      version => 1, options => [UNKNOWN, ''] }, { rcode => BADVERS }],
    ['8.2.7', 'a reply that might be truncated', { size => 512, edns => DO,
      type => DNSKEY }, { do => 1 }],
    ['8.2.8', 'DO', { size => 4096, edns => DO }, { soa => 1, do => 1 }],
    ['8.2.9', 'version 1 with DO', { size => 4096, version => 1,
      edns => DO }, { rcode => BADVERS, do => 1 }],
    ['8.2.10', 'several options', { size => 4096, options => [
      COOKIE, 'client01', NSID, '', EXPIRE, '', SUBNET, pack('nCC', 1, 0, 0)] },
     { soa => 1 }],
    ['3.1.1', 'a zone that is not served', { name => 'other.test' },
     { rcode => REFUSED }],
    ['3.1.1', 'the root', { name => '' }, { rcode => REFUSED }],
    ['3.1.4', 'an unknown opcode with a question', { opcode => 15 },
     { rcode => NOTIMP }],
    ['3.1.4', 'an unknown opcode with EDNS', { opcode => 15, size => 4096 },
     { rcode => NOTIMP, without => 1 }],
    ['3.2.2', 'EDNS version 255 and a type', { size => 4096, version => 255,
      type => 1000 }, { rcode => BADVERS }],
    ['3.2.4', 'all EDNS flags', { size => 4096, edns => 0xffff },
     { soa => 1, do => 1 }],
    ['3.2.5', 'all header flags', { flags => TC | RD | RA | Z | AD | CD },
     { soa => 1, set => RD }],
);

for my $probe (@probes) {
    my ($section, $name, $query, $expected) = @$probe;

    for my $transport (qw(UDP TCP)) {
        subtest("$section $name, $transport" => sub {
            check($query, $expected, $transport eq 'TCP');
        });
    }
}


sub check
{
    my ($query, $expected, $tcp) = @_;

    my $bytes = message($query);
    my $reply = $tcp ? $d->ask_tcp($bytes) : $d->ask($bytes);

    ok(defined($reply), 'an answer') or return;

    my $packet = Net::DNS::Packet->new(\$reply);

    ok($packet, 'a message') or return;

    my ($id, $flags, @counts) = unpack('n6', $reply);
    my $rcode = $expected->{rcode} // NOERROR;
    my $opt = opt_of($reply);

    is($id, 4711, 'its ID');
    is($flags & 0xf, $rcode & 0xf, 'RCODE');
    is($flags >> 15, 1, 'QR');
    is($flags >> 11 & 0xf, $query->{opcode} // 0, 'opcode');
    is($flags & AA, $rcode == NOERROR ? AA : 0, 'AA');
    is($flags & (TC | RA | Z | AD), 0, 'TC, RA, Z and AD are clear');
    is($flags & RD, ($query->{flags} // 0) & RD, 'RD as in the query');
    is($counts[1], $expected->{soa} ? 1 : 0, 'answers');
    is(($packet->answer)[0]->type, 'SOA', '... the SOA') if $expected->{soa};
    is($counts[2], $rcode == NOERROR && !$expected->{soa} ? 1 : 0,
       'authority');

    if (!defined($query->{size}) || $expected->{without}) {
        is($counts[3], 0, 'nothing more');
        return;
    }

    is($counts[3], 1, 'OPT');
    is($opt->{rcode} << 4, $rcode & 0xff0, '... the rest of the RCODE');
    is($opt->{version}, 0, '... version');
    is($opt->{flags}, $expected->{do} ? DO : 0, '... flags');
    cmp_ok($opt->{size}, '>=', 512, '... size');

    # NSID, ECS and EXPIRE are not served; a cookie and the reason of an
    # error may be.

    my %asked = @{ $query->{options} // [] };

    is(join(' ', grep { $_ != COOKIE && $_ != 15 } @{ $opt->{options} }), '',
       '... no option that is not known');
    is(scalar(grep { $_ == COOKIE } @{ $opt->{options} }), 0,
       '... no cookie unasked') if !$asked{ +COOKIE };
}


sub message
{
    my ($query) = @_;

    my @options = @{ $query->{options} // [] };
    my $options = '';

    $options .= pack('nn/a*', splice(@options, 0, 2)) while @options;

    my $name = $query->{name} // 'devices.example';
    my $question = $query->{bare} ? ''
        : SrvRegistrar::Dnsd::wire_name($name)
          . pack('nn', $query->{type} // SOA, 1);
    my $opt = !defined($query->{size}) ? ''
        : "\0" . pack('nnCCnn/a*', 41, $query->{size}, 0,
                      $query->{version} // 0, $query->{edns} // 0, $options);

    return SrvRegistrar::Dnsd::raw(
        flags => ($query->{flags} // 0) | ($query->{opcode} // 0) << 11,
        qd    => $question ne '' ? 1 : 0,
        ar    => $opt ne '' ? 1 : 0,
        rest  => $question . $opt,
    );
}


# The OPT is the last record that we write, and its owner one byte.

sub opt_of
{
    my ($reply) = @_;

    my $at = rindex($reply, "\0\0\x29");

    return {} if $at < 12;

    my ($size, $rcode, $version, $flags, $options) =
        unpack('n CC n n/a*', substr($reply, $at + 3));
    my @codes = unpack('(n n/x)*', $options);

    return { size => $size, rcode => $rcode, version => $version,
             flags => $flags, options => \@codes };
}


# Every opcode but QUERY, with everything that may stand behind a header.

for my $opcode (1 .. 15) {
    for my $rest ('', 'question', 'rubbish') {
        my $bytes = $rest eq 'rubbish'
            ? SrvRegistrar::Dnsd::raw(flags => $opcode << 11 | RD | CD,
                qd => 7, an => 7, ns => 7, ar => 7, rest => "\xff" x 50)
            : message({ opcode => $opcode, flags => RD | CD,
                        bare => $rest eq '' });
        my $reply = $d->ask($bytes);

        is(unpack('H*', $reply), unpack('H*', pack('n6', 4711, 0x8000
            | $opcode << 11 | RD | CD | NOTIMP, 0, 0, 0, 0)),
           "opcode $opcode " . ($rest || 'alone'));
    }
}


# Types: those assigned, those of each range that is not, and some of each
# end.  What exists is few; ANY has an answer, transfers are not made, and
# NXNAME stands in bitmaps only (RFC 9824 3.5).

my %special = (2 => 0, 6 => 0, 15 => 0, 255 => 0, 251 => REFUSED,
    252 => NOTIMP, 128 => FORMERR);
my %rcodes = ask_types(0 .. 300, 32768 .. 32780, 65270 .. 65535);
my @wrong = grep {
    $rcodes{$_} != ($special{$_} // NOERROR)
} sort { $a <=> $b } keys(%rcodes);

is(scalar(keys(%rcodes)), 301 + 13 + 266, 'every type is answered');
is("@wrong", '', '... as it should be');


# Many at a time, told apart by their IDs.

sub ask_types
{
    my (@types) = @_;

    my %rcodes;
    my $socket = IO::Socket::INET->new(PeerAddr => $d->{address},
        PeerPort => $d->{port}, Proto => 'udp');

    while (my @some = splice(@types, 0, 50)) {
        for my $type (@some) {
            $socket->send(SrvRegistrar::Dnsd::raw(id => $type, rest =>
                SrvRegistrar::Dnsd::wire_name('devices.example')
                . pack('nn', $type, 1)));
        }

        for (@some) {
            IO::Select->new($socket)->can_read(10) or last;
            $socket->recv(my $reply, 4096);

            my ($id, $flags) = unpack('nn', $reply);

            $rcodes{$id} = $flags & 0xf;
        }
    }

    return %rcodes;
}


is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();
