#!/usr/bin/perl

# What is no good query gets the error that says so, or nothing at all where
# an answer could only do harm.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use Socket qw(AF_INET SOCK_RAW inet_aton pack_sockaddr_in);
use Test::More;

use SrvRegistrar::Dnsd;

my $d = SrvRegistrar::Dnsd->new();

$d->fill($d->ZONE . $d->DEVICE);
$d->start('--threads', 1);

my $name = SrvRegistrar::Dnsd::wire_name('dev1.devices.example');
my $question = $name . pack('nn', 1, 1);
my $opt = "\0" . pack('nnNn', 41, 1232, 0, 0);
my $rr = $name . pack('nnNn/a*', 1, 1, 60, "\1\2\3\4");
my $tsig = "\1k\0" . pack('nnNn/a*', 250, 255, 0, "\0" . "\0" x 16);


sub raw
{
    return SrvRegistrar::Dnsd::raw(@_);
}


sub rcode
{
    my ($bytes) = @_;

    return defined($bytes) ? unpack('x2 n', $bytes) & 15 : 'silence';
}


# What, bytes, RCODE; of an error also the rest of the reply: '' for a header
# alone, 'Q' with the question, 'O' with an OPT behind it.

my @cases = (
    ['a good one',           raw(rest => $question), 0],
    ['an additional record', raw(ar => 1, rest => $question . $rr), 0],
    ['TSIG last',            raw(ar => 2, rest => "$question$opt$tsig"), 9],
    ['a pointer to a root',  raw(ar => 1, rest => $question . "\xc0\x21"
                                 . substr($opt, 1)), 0],
    ['RCODE and TC set',     raw(flags => 0x020f, rest => $question), 0],
    ['Z set',                raw(flags => 0x0040, rest => $question), 0],
    ['type 0',               raw(rest => $name . pack('nn', 0, 1)), 0],
    ['a name of 127 labels', raw(rest => "\1a" x 127 . "\0\0\1\0\1"), 5, 'Q'],
    ['a name of 128 labels', raw(rest => "\1a" x 128 . "\0\0\1\0\1"), 1, ''],

    # the question
    ['no question',          raw(qd => 0), 1, ''],
    ['no question but OPT',  raw(qd => 0, ar => 1, rest => $opt), 1, 'O'],
    ['two questions',        raw(qd => 2, rest => $question x 2), 1, ''],
    ['one of two questions', raw(qd => 2, rest => $question), 1, ''],
    ['65535 questions',      raw(qd => 65535, rest => $question), 1, ''],
    ['a question missing',   raw(), 1, ''],
    ['a question cut short', raw(rest => substr($question, 0, -1)), 1, ''],
    ['a question of a name', raw(rest => $name), 1, ''],
    ['a name cut short',     raw(rest => "\4dev"), 1, ''],
    ['a name without end',   raw(rest => "\4dev1"), 1, ''],
    ['a label of 64',        raw(rest => "\x40" . 'a' x 64 . "\0\0\1\0\1"),
     1, ''],
    ['label type 10',        raw(rest => "\x80\0\0\1\0\1"), 1, ''],
    ['a name of 256',        raw(rest => ("\x3f" . 'a' x 63) x 4
                                 . "\0\0\1\0\1"), 1, ''],
    ['a name of 255',        raw(rest => ("\x3f" . 'a' x 63) x 3 . "\x3d"
                                 . 'a' x 61 . "\0\0\1\0\1"), 5, 'Q'],
    ['a pointer to itself',  raw(rest => "\xc0\x0c\0\1\0\1"), 1, ''],
    ['a pointer ahead',      raw(rest => "\xc0\x20\0\1\0\1" . "\0" x 40),
     1, ''],
    ['a pointer to header',  raw(rest => "\xc0\x00\0\1\0\1"), 1, ''],
    ['a pointer round',      raw(rest => "\1a\xc0\x0c\0\1\0\1"), 1, ''],
    ['a pointer beyond',     raw(rest => "\xff\xff\0\1\0\1"), 1, ''],
    ['half a pointer',       raw(rest => "\xc0"), 1, ''],
    ['class 0',              raw(rest => $name . pack('nn', 1, 0)), 5, 'Q'],

    # what stands behind it
    ['one byte behind',      raw(rest => "$question\0"), 1, 'Q'],
    ['a record behind',      raw(rest => $question . $rr), 1, 'Q'],
    ['a byte behind an OPT', raw(ar => 1, rest => "$question$opt\0"), 1,
     'QO'],
    ['an answer',            raw(an => 1, rest => $question . $rr), 1, 'Q'],
    ['65535 answers',        raw(an => 65535, rest => $question), 1, 'Q'],
    ['an OPT as answer',     raw(an => 1, rest => $question . $opt), 1, 'Q'],
    ['an authority',         raw(ns => 1, rest => $question . $rr), 1, 'Q'],
    ['a record missing',     raw(ar => 1, rest => $question), 1, 'Q'],
    ['65535 records',        raw(ar => 65535, rest => "$question$opt"), 1,
     'QO'],
    ['RDATA cut short',      raw(ar => 1, rest => $question
                                 . substr($rr, 0, -1)), 1, 'Q'],
    ['half a record',        raw(ar => 1, rest => $question
                                 . substr($rr, 0, -9)), 1, 'Q'],
    ['an owner going round', raw(ar => 1, rest => $question . "\xc0\x26"
                                 . substr($rr, length($name))), 1, 'Q'],
    ['TSIG not last',        raw(ar => 2, rest => "$question$tsig$opt"), 1,
     'Q'],
    ['two TSIG',             raw(ar => 2, rest => $question . $tsig x 2), 1,
     'Q'],
    ['TSIG of class IN',     raw(ar => 1, rest => $question . "\1k\0"
        . pack('nnNn/a*', 250, 1, 0, "\0" x 17)), 1, 'Q'],
    ['TSIG with a TTL',      raw(ar => 1, rest => $question . "\1k\0"
        . pack('nnNn/a*', 250, 255, 1, "\0" x 17)), 1, 'Q'],
    ['TSIG too short',       raw(ar => 1, rest => $question . "\1k\0"
        . pack('nnNn/a*', 250, 255, 0, "\0" x 16)), 1, 'Q'],
    ['TSIG too long',        raw(ar => 1, rest => $question . "\1k\0"
        . pack('nnNn/a*', 250, 255, 0, "\0" x 18)), 1, 'Q'],

    # EDNS; the version counts before what another version may have changed
    ['two OPT',              raw(ar => 2, rest => $question . $opt x 2), 1,
     'QO'],
    ['an OPT with an owner', raw(ar => 1, rest => $question . "\xc0\x0c"
                                 . substr($opt, 1)), 1, 'Q'],
    ['an OPT cut short',     raw(ar => 1, rest => $question
                                 . substr($opt, 0, -1)), 1, 'Q'],
    ['half an option',       raw(ar => 1, rest => $question
                                 . opt(0, "\0\x64\0")), 1, 'QO'],
    ['an option too long',   raw(ar => 1, rest => $question
                                 . opt(0, "\0\x64\0\2x")), 1, 'QO'],
    ['half a second option', raw(ar => 1, rest => $question
                                 . opt(0, "\0\x64\0\1x\0\x65")), 1, 'QO'],
    ['version 1',            raw(ar => 1, rest => $question . opt(1, '')),
     16, 'QO'],
    ['version 1, odd bytes', raw(ar => 1, rest => $question
                                 . opt(1, 'abc')), 16, 'QO'],
    ['version 1, two OPT',   raw(ar => 2, rest => $question . opt(1, '') x 2),
     1, 'QO'],

    # what is not done
    ['IXFR',                 raw(ns => 1, rest => $name . pack('nn', 251, 1)
                                 . $rr), 5, 'Q'],
    ['AXFR over UDP',        raw(rest => $name . pack('nn', 252, 1)), 4, 'Q'],
    ['opcode IQUERY',        raw(flags => 0x0800, rest => $question), 4, ''],
    ['opcode STATUS',        raw(flags => 0x1000, rest => $question), 4, ''],
    ['opcode NOTIFY',        raw(flags => 0x2000, rest => $question), 4, ''],
    ['opcode UPDATE',        raw(flags => 0x2800, rest => $question), 4, ''],
    ['opcode 15, header',    raw(flags => 0x7800, qd => 0), 4, ''],
);
my @replies;

for my $case (@cases) {
    my ($what, $bytes, $rcode, $rest) = @$case;
    my $reply = $d->ask($bytes);

    push(@replies, $reply);
    is(rcode($reply), $rcode & 15, $what);

    my ($id, $flags) = unpack('nn', $reply // "\0\0\0\0");

    is($id, 4711, '... the same ID');
    ok($flags & 0x8000, '... QR');
    is($flags & 0x7800, unpack('x2 n', $bytes) & 0x7800,
       '... the same opcode');
    is($flags & 0x00e0, 0, '... RA, Z and AD clear');

    is(unpack('H*', $reply), unpack('H*', error($reply, $bytes, $rcode,
       $rest)), '... and no more than that') if defined($rest);
}


sub opt
{
    my ($version, $options) = @_;

    return "\0" . pack('nnCCnn/a*', 41, 1232, 0, $version, 0, $options);
}


# The error, byte for byte.  An OPT may say why (EDE, RFC 8914).

sub error
{
    my ($reply, $bytes, $rcode, $rest) = @_;

    my $asked = '';

    if ($rest =~ /Q/) {
        my $end = index($bytes, "\0", 12) + 5;

        $asked = substr($bytes, 12, $end - 12);
    }

    my $error = pack('n6', 4711, 0x8000 | (unpack('x2 n', $bytes) & 0x7900)
        | $rcode & 15, $rest =~ /Q/ ? 1 : 0, 0, 0, $rest =~ /O/ ? 1 : 0)
        . $asked;

    return $error if $rest !~ /O/;

    my $options = substr($reply, length($error) + 11);

    $options = '' if unpack('n', $options . "\0\0") != 15;

    return $error . "\0" . pack('nnCCnn/a*', 41, 1232, $rcode >> 4, 0, 0,
        $options);
}


# The question comes back as it was sent, each letter's case included.

my $mixed = SrvRegistrar::Dnsd::wire_name('dEv1.DEVices.eXample')
    . pack('nn', 1, 1);
my $reply = $d->ask(raw(rest => $mixed));

is(rcode($reply), 0, 'names are compared without case');
is(substr($reply, 12, length($mixed)), $mixed, 'the question keeps its case');

$reply = $d->ask(raw(rest => SrvRegistrar::Dnsd::wire_name("no\xc1")
    . pack('nn', 1, 1)));
is(rcode($reply), 5, 'bytes above ASCII are taken as they are');

# Silence.  A query behind each shows that the packet has been looked at.  Of
# the replies above none is answered, whatever it says: two servers would go
# on for ever.

my @silent = (
    ['a reply', raw(flags => 0x8000, rest => $question)],
    ['a reply of another opcode', raw(flags => 0xa000, rest => $question)],
    ['an empty packet', ''], ['one byte', 'x'],
    ['a header less a byte', substr(raw(), 0, 11)],
    ['a packet of 4097 bytes', raw(rest => $question . 'x' x 4097)],
    ['all ones', "\xff" x 512],
);

push(@silent, ["the reply to $cases[$_][0]", $replies[$_]])
    for 0 .. $#cases;

for my $case (@silent) {
    my ($what, $bytes) = @$case;
    my $socket = IO::Socket::INET->new(PeerAddr => $d->{address},
        PeerPort => $d->{port}, Proto => 'udp');

    $socket->send($bytes);
    $socket->send(raw(id => 99, rest => $question));
    IO::Select->new($socket)->can_read(10);
    $socket->recv(my $first, 65535);

    is(unpack('n', $first), 99, "$what is not answered");
}

my $counters = $d->counters();

is($counters->{dropped}, scalar(@silent), 'dropped counted');
is($counters->{FORMERR}, grep({ $_->[2] == 1 } @cases), 'FORMERR counted');
is($counters->{NOTIMP}, grep({ $_->[2] == 4 } @cases), 'NOTIMP counted');

# Nobody can listen on port 0: what claims to come from there is forged.

SKIP: {
    skip('not root', 1) if $> != 0;

    my $bytes = raw(rest => $question);
    socket(my $forged, AF_INET, SOCK_RAW, 17) or skip('no raw sockets', 1);
    send($forged, pack('n4', 0, $d->{port}, 8 + length($bytes), 0) . $bytes,
         0, pack_sockaddr_in(0, inet_aton($d->{address})))
        or die "send: $!";

    ok(SrvRegistrar::Process::wait_until(sub {
        $d->counters()->{dropped} == $counters->{dropped} + 1
    }), 'source port 0 is dropped');
}

is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();
