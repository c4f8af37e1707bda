#!/usr/bin/perl

# srvctl on the store of a running nginx and dnsd: what it shows, what it
# changes at once, and whole copies of it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::Process qw(wait_until);

my $t = SrvRegistrar->new();

$t->start(dnsd => 1);

my $device = registered('first', 15269);
my $other = registered('second', 15270);
my $fqdn = $device->fqdn;
my $srv = "_xmpp-server._tcp.$fqdn";


subtest 'what there is' => sub {
    like(ctl('list'), qr/^\Q$fqdn\E active 7\d{3} \d+ 127\.0\.0\.1$/m,
        'list');
    is(scalar(split(/\n/, ctl('list'))), 2, '... both');
    is(ctl('list', '--state', 'suspended'), '', '... none suspended');

    my $show = decode_json(ctl('show', uc($fqdn)));

    is($show->{fqdn}, $fqdn, 'show, in any case');
    is($show->{state}, 'active', '... active');
    is($show->{issuer}, 1, '... of the first issuer');
    is($show->{keys}[0]{status}, 'active', '... its key');
    like($show->{keys}[0]{keyid}, qr{^\Q$fqdn\E/[0-9a-f]{8}$}, '... its id');
    ok((grep { $_->{type} eq 'SRV' && $_->{live} } @{ $show->{records} }),
        '... its record');
    is_deeply([map { decode_json($_)->{fqdn} }
            split(/\n/, ctl('list', '--json'))],
        [sort($fqdn, $other->fqdn)], 'list as JSON');

    like(ctl('stats'), qr/^zone \Q$t->{zone}\E serial \d+$/m, 'stats');
    like(ctl('check'), qr/devices 2 .* damaged 0$/, 'check');
};


subtest 'one device' => sub {
    my $published = $t->answers($srv, 'SRV');

    is(ctl('suspend', $fqdn), '', 'suspended');
    is($t->answers($srv, 'SRV'), '', '... gone at once');
    is(outcome($device->register(15271)), '403 suspended', '... refused');
    isnt($t->answers('_xmpp-server._tcp.' . $other->fqdn, 'SRV'), '',
        '... the other is there');
    like(ctl('list', '--state', 'suspended'), qr/^\Q$fqdn\E suspended/,
        '... listed');
    is(ctl('resume', $fqdn), '', 'resumed');
    is($t->answers($srv, 'SRV'), $published, '... there again');
    is(outcome($device->register(15269)), '200', '... and registers');

    fails(qr/no device of this name/, 'show', "nobody.$t->{zone}");
    fails(qr/no device of this name/, 'suspend', "nobody.$t->{zone}");
    fails(qr/no device of this name/, 'remove', $t->{zone} =~ s/^/ns./r);
    fails(qr/not a name directly below a zone/, 'show', 'a.example');
    fails(qr/not a name directly below a zone/, 'show', $t->{zone});
    fails(qr/not a domain name/, 'suspend', '..');
};


subtest 'an issuer' => sub {
    my ($number, $digest) = ctl('issuers') =~ /^(\d+) ([0-9a-f]{64}) active/;

    is($number, 1, 'known by its number');
    is(ctl('suspend', "issuer:$digest"), '', 'suspended');
    is($t->answers($srv, 'SRV'), '', '... its devices are gone');
    is(outcome($device->register(15269)), '403 suspended', '... refused');
    is(outcome($device->show()), '403 suspended', '... also to look');
    is(outcome($t->device('third')->enroll()), '403 suspended',
        '... a new one cannot enrol');
    is(outcome($other->enroll()), '403 suspended', '... nor an old one');
    like(ctl('list', '--state', 'issuer-suspended'),
        qr/^\Q$fqdn\E issuer-suspended/m, '... listed');
    like(ctl('issuers'), qr/^1 $digest suspended /, '... shown');
    like(ctl('check'), qr/\(2 suspended\)/, '... counted');

    is(ctl('resume', 'issuer:1'), '', 'resumed');
    isnt($t->answers($srv, 'SRV'), '', '... there again');
    is(outcome($device->register(15269)), '200', '... and registers');

    my $stolen = 'ab' x 32;

    is(ctl('suspend', "issuer:$stolen"), '', 'one that has not come yet');
    like(ctl('issuers'), qr/^2 $stolen suspended/m, '... is noted');
    fails(qr/no issuer has this number/, 'suspend', 'issuer:9');
    fails(qr/64 hexadecimal digits/, 'suspend', 'issuer:xy');
};


subtest 'copies' => sub {
    my $copy = $t->path('backup');
    my $store = $t->path('store');
    my $before = ctl('show', $fqdn);
    my $reply;

    is(ctl('backup', $copy), '', 'backup, with all running');
    fails(qr/there is a copy already/, 'backup', $copy);

    is(ctl('remove', $fqdn), '', 'a device is removed');
    is($t->query($fqdn, 'A')->header->rcode, 'NXDOMAIN', '... its name is free');
    is(outcome($device->register(15269)), '401 unknown-key',
        '... nobody knows its key');

    fails(qr/process \d+ has the store open/, 'restore', $copy);
    is(ctl('restore', '--force', $copy), '', 'restored under them');
    ok(-e "$store/data.mdb.replaced", '... what it replaced is kept');
    is_deeply([glob("$store/restore.*")], [], '... nothing else is left');
    ok(wait_until(sub { ctl('show', $fqdn); $? == 0 }), '... is there');
    is(unsigned(ctl('show', $fqdn)), unsigned($before), '... as it was');
    ok(wait_until(sub { $t->answers($srv, 'SRV') }), '... dnsd follows');
    ok(wait_until(sub {
        outcome($reply = $device->register(15280)) eq '401 stale-signature'
    }), '... nginx follows');
    $device->catch_up($reply);
    is(outcome($device->register(15280)), '200', '... and so does the device');

    # A copy with a flipped bit is not taken.

    my $bad = $t->path('bad');

    mkdir($bad) or die;
    damage("$copy/data.mdb", "$bad/data.mdb");
    $before = ctl('show', $fqdn);
    fails(qr/damaged/, 'restore', '--force', $bad);
    is(ctl('show', $fqdn), $before, '... the store is as it was');
    is_deeply([glob("$store/restore.*")], [], '... nothing is left behind');

    # Nor one that was cut short, which ends whoever reads it.

    truncate("$bad/data.mdb", 8192) or die("truncate: $!");
    fails(qr/damaged; it was not taken/, 'restore', '--force', $bad);
    is(ctl('show', $fqdn), $before, '... the store is as it was');
    is_deeply([glob("$store/restore.*")], [], '... nothing is left behind');
};


subtest 'dump and load' => sub {
    my $dump = ctl('dump');
    my @lines = map { decode_json($_) } split(/\n/, $dump);

    is($lines[0]{format}, 1, 'a dump');
    is(scalar(grep { ($_->{kind} // '') eq 'device' } @lines), 2,
        '... of both devices');
    is(scalar(grep { $_->{issuer} } @lines), 2, '... and both issuers');
    unlike($dump, qr/\bfalse\b.*"rrsets":null/, '... whole');

    my $loaded = $t->path('loaded');

    mkdir($loaded) or die;
    is(load($loaded, $dump), '', 'load');

    my @again = map { decode_json($_) }
        split(/\n/, unsigned(SrvRegistrar::run(SrvRegistrar::BUILD
            . '/srvctl', '--store', $loaded, 'dump')));

    my $kept = sub {
        return [grep { ($_->{kind} // '') eq 'device' || $_->{issuer} } @_];
    };

    is_deeply($kept->(@again),
        $kept->(map { decode_json($_) } split(/\n/, unsigned($dump))),
        '... the same devices');
    like(load($loaded, $dump), qr/there is a store already/, '... only once');

    for my $case (['', qr/no dump/],
        ["{\"format\":2,\"time\":1}\n", qr/line 1: not a dump/],
        ["$lines[0]\n", qr/line 1: /],
        [$dump . "{\"kind\":\"device\"}\n", qr/name/],
        [$dump =~ s/("device".*?"ttl":)\d+/$1-1/r, qr/ttl/],
        [$dump =~ s/("device".*?"rdata":\[")/${1}0/r, qr/rdata/],
        [$dump =~ s/"state":0/"state":9/r, qr/not a value/],
        [$dump . ($dump =~ /^(.*"device".*)$/m ? "$1\n" : ''),
            qr/a second time/])
    {
        my $dir = $t->path('refused');

        mkdir($dir);
        like(load($dir, $case->[0]), $case->[1], "refused: $case->[1]");
        is_deeply([glob("$dir/*")], [], '... and leaves nothing behind');
    }
};


# Signatures, put there by way of a dump: srvctl looks into none of them.
subtest 'a device of a signed zone' => sub {
    my @lines = map { decode_json($_) } split(/\n/, ctl('dump'));
    my $signed = $t->path('signed');
    my ($value) = grep { ($_->{name} // '') =~ /^\Q$fqdn\E\.?$/ } @lines;
    my $rrset = sub {
        my ($type, @rdata) = @_;

        return { owner => '.', type => $type, ttl => 60, expires => 0,
            door => 0, own_lease => JSON::PP::false, rdata => [@rdata] };
    };
    my $ctl = sub {
        return SrvRegistrar::run(SrvRegistrar::BUILD . '/srvctl', '--store',
            $signed, @_);
    };

    push(@{ $value->{rrsets} }, $rrset->('NSEC', '0100.000640'),
        $rrset->('RRSIG', '0001' . '00' x 90, '002f' . '00' x 90));

    mkdir($signed) or die;
    is(load($signed, join('', map { JSON::PP->new->encode($_) . "\n" }
                @lines)), '', 'load');

    my ($again) = grep { ($_->{name} // '') eq $value->{name} }
        map { decode_json($_) } split(/\n/, $ctl->('dump'));

    is_deeply($again->{rrsets}, $value->{rrsets}, 'dump');
    like($ctl->('check'), qr/ signatures 2 .* damaged 0$/, 'check');
};


subtest 'damage is named' => sub {
    my $bad = $t->path('bad');

    unlink(glob("$bad/*"));
    damage($t->path('backup') . '/data.mdb', "$bad/data.mdb");
    open(my $lock, '>', "$bad/lock.mdb") or die;

    my $said = SrvRegistrar::run(SrvRegistrar::BUILD . '/srvctl', '--store',
        $bad, 'check');

    isnt($?, 0, 'check fails');
    like($said, qr/^damaged: \Q$fqdn\E$/m, '... and says whose');
    like($said, qr/ damaged 1$/, '... one');
};

is(SrvRegistrar::run(SrvRegistrar::BUILD . '/srvctl', '--store',
        '/nonexistent', 'list'), "srvctl: /nonexistent: no store: "
    . "No such file or directory\n", 'no store');
is(SrvRegistrar::run(SrvRegistrar::BUILD . '/srvctl', '--store', '/dev/null',
        'list'), "srvctl: /dev/null: Not a directory\n",
    'one that cannot be looked at');
fails(qr/not a command/, 'destroy');
fails(qr/usage/);
fails(qr/^usage: srvctl stats$/m, 'stats', 'x');
fails(qr/^usage: srvctl suspend NAME \| issuer:ID$/m, 'suspend');

for my $command ('list', "show $fqdn", 'issuers', 'stats', 'check', 'dump') {
    like(SrvRegistrar::run('/bin/sh', '-c', "exec \$0 --store \$1 $command "
        . '>/dev/full', SrvRegistrar::BUILD . '/srvctl', $t->path('store')),
        qr/No space left|not whole/, "$command to a full disk");
    isnt($?, 0, '... fails');
}

# getopt() speaks in the name of the whole command.

for (['list', '[--json] [--state STATE]'], ['ds', '[--anchor] ZONE'],
     ['restore', '[--force] DIR'])
{
    my ($command, $arguments) = @$_;

    is(ctl($command, '--wrong'), "srvctl $command: unrecognized option "
        . "'--wrong'\nusage: srvctl $command $arguments\n",
        "srvctl $command --wrong");
    is($? >> 8, 2, '... is wrong use');
}

done_testing();


sub registered
{
    my ($name, $port) = @_;

    my $device = $t->device($name);

    $device->enroll();
    is(outcome($device->register($port)), '200', "$name is registered");

    return $device;
}


sub ctl
{
    return $t->srvctl(@_);
}


sub fails
{
    my ($said, @arguments) = @_;

    like(ctl(@arguments), $said, "srvctl @arguments: $said");
    isnt($?, 0, '... fails');
}


# What was signed is not what it was: replay_restored_store.t.

sub unsigned
{
    return $_[0] =~ s/"last_created":\d+/"last_created":0/gr;
}


sub load
{
    my ($dir, $dump) = @_;

    open(my $file, '>', $t->path('dump')) or die;
    print $file $dump;
    close($file);

    return SrvRegistrar::run('/bin/sh', '-c', 'exec "$0" --store "$1" load '
        . '<"$2"', SrvRegistrar::BUILD . '/srvctl', $dir, $t->path('dump'));
}


# Copies a store's file, with a changed byte in the value of $fqdn.

sub damage
{
    my ($from, $to) = @_;

    open(my $in, '<:raw', $from) or die;

    my $data = do { local $/; <$in> };
    my ($label) = split(/\./, $fqdn);
    my $at = index($data, $label);

    die if $at == -1;
    substr($data, $at + length($label) + 20, 1) ^= "\x40";

    open(my $out, '>:raw', $to) or die;
    print $out $data;
    close($out);
}
