#!/usr/bin/perl

# Backups while devices update: each is one moment of the store, whole, with
# all that was acknowledged before it began, and nothing that was sent after it
# had ended.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Test::More;

use SrvRegistrar;
use SrvRegistrar::Load;

use constant BACKUPS => 6;

# Of an SRV record's RDATA, in hex digits.
use constant PORT_AT => 8;

my $t = SrvRegistrar->new();

$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
$t->start();

my $load = SrvRegistrar::Load->new($t, clients => 4, devices => 8,
                                   pause => 0.002);

$load->start();
$load->wait_acknowledged(100);

my $updates = $load->acknowledged();

for my $n (1 .. BACKUPS) {
    my $copy = $t->path("copy.$n");
    my %before = ports('acked');

    is($t->srvctl('backup', $copy), '', "backup $n");

    my %after = ports('sent');
    my %there = copied($copy);

    like(ctl($copy, 'check'), qr/devices 32 .* damaged 0$/, '... is whole');
    is_deeply([grep { ($there{$_} // 0) < $before{$_} } keys(%before)], [],
        '... has what was acknowledged');
    is_deeply([grep { $there{$_} > ($after{$_} // 0) } keys(%there)], [],
        '... and nothing that came later');

    $load->wait_acknowledged($load->acknowledged() + 20);
}

$load->stop();
note($load->summary());

cmp_ok($load->acknowledged(), '>', $updates + 20 * BACKUPS - 1,
    'updates went on meanwhile');
is($load->{failed}, undef, 'no client died');
is_deeply([$load->journal('refused'), $load->journal('lost')], [],
    'none was refused');
is_deeply([$load->missing()], [], 'what was acknowledged is there');

done_testing();


sub ctl
{
    my ($store, @arguments) = @_;

    return SrvRegistrar::run(SrvRegistrar::BUILD . '/srvctl', '--store',
        $store, @arguments);
}


# FQDN => the last port of that kind of line.

sub ports
{
    my ($kind) = @_;

    return map { $load->{fleet}[$_->[1]]->fqdn => $_->[2] }
        $load->journal($kind);
}


# FQDN => the port that a copy has.

sub copied
{
    my ($copy) = @_;

    my %port;

    for (map { decode_json($_) } split(/\n/, ctl($copy, 'dump'))) {
        my ($srv) = grep { $_->{type} eq 'SRV' } @{ $_->{rrsets} // [] };

        next if ($_->{kind} // '') ne 'device' || !$srv;
        $port{ $_->{name} =~ s/\.$//r }
            = hex(substr($srv->{rdata}[0], PORT_AT, 4));
    }

    return %port;
}
