#!/usr/bin/perl

# EDNS(0), RFC 6891, and what RFC 8906 wants to get back for each oddity.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar::Dnsd;

my $d = SrvRegistrar::Dnsd->new();
my $question = SrvRegistrar::Dnsd::wire_name('dev1.devices.example')
    . pack('nn', 1, 1);

# Thirty TXT records of 60 bytes: too much for 512 and for 1232.

$d->fill($d->ZONE . $d->DEVICE . join('', map {
    sprintf("set big TXT 60 +86400 \"%02d%s\"\n", $_, 'x' x 58)
} 1 .. 30) . join('', map {
    sprintf("set mid TXT 60 +86400 \"%02d%s\"\n", $_, 'y' x 58)
} 1 .. 10));
$d->start();


sub opt
{
    my (%opt) = @_;

    return ($opt{owner} // "\0")
        . pack('nnNn/a*', 41, $opt{size} // 1232,
               ($opt{version} // 0) << 16 | ($opt{flags} // 0),
               $opt{options} // '');
}


sub ask
{
    my (@records) = @_;

    my $reply = $d->ask(SrvRegistrar::Dnsd::raw(ar => scalar(@records),
        rest => $question . join('', @records)));

    return scalar(Net::DNS::Packet->new(\$reply));
}


sub has_opt
{
    my ($reply) = @_;

    return scalar(grep { $_->type eq 'OPT' } $reply->additional);
}


my $plain = ask();
is($plain->header->rcode, 'NOERROR', 'without EDNS');
is(has_opt($plain), 0, '... no OPT comes back');

my $edns = ask(opt());
is($edns->header->rcode, 'NOERROR', 'with EDNS');
is(has_opt($edns), 1, '... one OPT comes back');
is($edns->edns->size, 1232, '... with our size');
is($edns->edns->version, 0, '... and version');
ok(!$edns->header->do, '... DO is clear');
ok(ask(opt(flags => 0x8000))->header->do, 'DO is echoed');

my $unknown = ask(opt(flags => 0x80));
is($unknown->header->rcode, 'NOERROR', 'an unknown flag');
is($unknown->edns->flags & 0x7fff, 0, '... is not echoed');

my $option = ask(opt(options => pack('nn/a*', 100, 'abc')));
is($option->header->rcode, 'NOERROR', 'an unknown option is ignored');
is(scalar($option->edns->options), 0, '... and not echoed');

my $version = ask(opt(version => 1));
is($version->header->rcode, 'BADVERS', 'version 1');
is($version->edns->version, 0, '... ours is told');
is(scalar($version->answer), 0, '... nothing else');
is(ask(opt(version => 100, options => pack('nn/a*', 100, 'abc')))
   ->header->rcode, 'BADVERS', 'version 100 with an option');

is(ask(opt(), opt())->header->rcode, 'FORMERR', 'two OPT');
is(ask(opt(owner => "\1a\0"))->header->rcode, 'FORMERR',
   'OPT with an owner');
is(ask(opt(options => pack('nn', 100, 5) . 'abc'))->header->rcode, 'FORMERR',
   'an option longer than its OPT');
is(ask(opt(options => "\0"))->header->rcode, 'FORMERR', 'half an option');

# RFC 6891 6.2.3: below 512 counts as 512

for my $size (0, 100, 511, 512) {
    my $reply = ask(opt(size => $size));

    is($reply->header->rcode, 'NOERROR', "size $size");
}

for my $case (['big', undef, 512, 1], ['big', 100, 512, 1],
    ['big', 1232, 1232, 1], ['big', 4096, 1232, 1], ['mid', undef, 512, 1],
    ['mid', 1232, 1232, 0], ['mid', 700, 700, 1])
{
    my ($name, $size, $limit, $truncated) = @$case;
    my $packet = $d->packet("$name.dev1.devices.example", 'TXT');
    my $bytes = $packet->data();

    if (defined($size)) {
        substr($bytes, 10, 2) = pack('n', 1);
        $bytes .= opt(size => $size);
    }

    my $raw = $d->ask($bytes);
    my $reply = Net::DNS::Packet->new(\$raw);
    my $what = "$name at " . ($size // 'no EDNS');

    cmp_ok(length($raw), '<=', $limit, "$what stays within $limit");
    is($reply->header->tc, $truncated, '... TC');
    is(scalar($reply->answer), $truncated ? 0 : 10, '... whole or not at all');
    is(has_opt($reply), defined($size) ? 1 : 0, '... OPT');
}

is(scalar($d->query('big.dev1.devices.example', 'TXT', tcp => 1)->answer), 30,
   'TCP gives all');

my $flags = $d->query('dev1.devices.example', 'A', rd => 1, cd => 1, ad => 1)
    ->header;
ok($flags->rd && $flags->cd, 'RD and CD are copied');
ok(!$flags->ra && !$flags->ad, 'RA and AD are not set');

is($d->counters()->{BADVERS}, 2, 'BADVERS counted');
cmp_ok($d->counters()->{truncated}, '>=', 5, 'truncated counted');

is($d->stop(), 0, 'stopped');
$d->start('--udp-size', 2500);
is($d->query('big.dev1.devices.example', 'TXT', edns => 4096)->header->tc, 0,
   '--udp-size raises the limit');
is($d->query('big.dev1.devices.example', 'TXT', edns => 4096)->edns->size,
   2500, '... and what we offer');
is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();
