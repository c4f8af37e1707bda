#!/usr/bin/perl

# Zone files are read when nginx reads its configuration: what a registrar
# zone cannot have is found then, with its line, and nothing is published.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar;

my $t = SrvRegistrar->new();

rmdir($t->path('store')) or die;
$t->configure();

my $head = <<'END';
$ORIGIN devices.example.
$TTL 300
@   SOA ns hostmaster 1 7200 900 1209600 60
    NS  ns
ns  A   192.0.2.53
END

my $line = 1 + ($head =~ tr/\n//);


sub check
{
    my ($text) = @_;

    $t->write('devices.example.zone', $text);

    return $t->check_configuration();
}


is((check($head))[0], 0, 'a good file');
my ($exit, $words) = check($head . <<'END');
; a comment
www  60 IN A 192.0.2.80 ; another
     IN 60 AAAA 2001:db8::80
mail MX 10 mail
mail A 192.0.2.25
alias CNAME www
txt TXT ( "in"
          "parentheses" )
_caldav._tcp.x SRV 0 1 443 www
deep.down.below TXT "x"
caa CAA 0 issue "ca.example"
$ORIGIN sub.devices.example.
a A 192.0.2.1
END
is($exit, 0, 'one with all sorts of things') or diag($words);

# A line, and what is said of it.

my @mistakes = (
    ['*  A 192.0.2.1', qr/wildcard/],
    ['*.a TXT "x"', qr/wildcard/],
    ['a DNAME b.example.', qr/DNAME/],
    ['a NS ns', qr/NS below the apex/],
    ['a DS 1 13 2 ' . 'ab' x 32, qr/DS/],
    ['@ DNSKEY 257 3 13 ' . 'A' x 86 . '==', qr/DNSKEY is not the file's/],
    ['a NSEC b A', qr/NSEC is .* "dnssec on" signs it/],
    ['@ CNAME a', qr/CNAME/],
    ['a SOA ns hostmaster 1 1 1 1 1', qr/SOA/],
    ['@ SOA ns hostmaster 2 7200 900 1209600 60', qr/second SOA/],
    ["a A 192.0.2.1\na CNAME www", qr/CNAME stands beside/],
    ['a.other.example. A 192.0.2.1', qr/outside the zone/],
    ['devices.example.org. A 192.0.2.1', qr/outside the zone/],
    ['xdevices.example. A 192.0.2.1', qr/outside the zone/],
    ['a CH TXT "x"', qr/class/],
    ['$INCLUDE other.zone', qr/\$ORIGIN and \$TTL/],
    ['$GENERATE 1-9 a$ A 192.0.2.$', qr/\$ORIGIN/],
    ['a A 192.0.2.256', qr/./],
    ['a SRV 0 0 65536 ns', qr/number is out of range/],
    ['a MX 65536 ns', qr/number is out of range/],
    ['a 4294967296 A 192.0.2.1', qr/TTL/],
    ['a -1 A 192.0.2.1', qr/./],
    ['a TXT "open', qr/quote is not closed/],
    ['a TXT ( "x"', qr/parentheses/],
    ['a NOTYPE x', qr/./],
    ["a 60 A 192.0.2.1\na 61 A 192.0.2.2", qr/two TTLs/],
    ['a' x 64 . ' A 192.0.2.1', qr/./],
);

for (@mistakes) {
    my ($text, $expected) = @$_;
    my $at = $line + ($text =~ /\n.*(?:CNAME|61)/ ? 1 : 0);
    my ($status, $said) = check("$head$text\n");

    isnt($status, 0, $text);
    like($said, qr/\[emerg\].*"devices\.example": .*line \d+: .*conf:\d+/,
         '... names zone and line');
    like($said, $expected, '... says why');
    next if $text =~ /\(/;
    like($said, qr/line $at: /, '... the right line');
}


# What only the whole of a file can lack.

my %lacking = (
    'no SOA' => ["\$TTL 1\n@ NS ns\nns A 192.0.2.1\n", qr/no SOA/],
    'no NS' => ["\$TTL 1\n@ SOA ns h 1 1 1 1 1\n", qr/no NS/],
    'no address of an NS' => ["\$TTL 1\n@ SOA ns h 1 1 1 1 1\n@ NS ns\n",
                              qr/has no A or AAAA/],
    'no TTL' => ["@ SOA ns h 1 1 1 1 1\n", qr/line 1: .*TTL/],
    'nothing' => ['', qr/no records/],
);

for my $name (sort keys(%lacking)) {
    my ($status, $said) = check($lacking{$name}[0]);

    isnt($status, 0, $name);
    like($said, $lacking{$name}[1], '... as it says');
}

my ($status, $said) = check($head =~ s/60$/3600/mr);

is($status, 0, 'a long negative TTL is no mistake');
like($said, qr/\[warn\].*SOA MINIMUM is 3600 s/, '... but warned of');

ok(!-e $t->path('store'), 'and nobody made a store');
$t->allow_log(qr/./);

done_testing();
