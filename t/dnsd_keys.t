#!/usr/bin/perl

# The keys that dnsd holds: which are taken, what is wrong with others, and
# that nobody gets at them who reads its memory, its cores or its files.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use MIME::Base64 qw(decode_base64 encode_base64);
use Test::More;

use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(program);

my $keygen = program('dnssec-keygen')
    or plan(skip_all => 'no dnssec-keygen here');

my $d = SrvRegistrar::Dnsd->new();
my @run = ('--store', $d->{store}, '--listen', "$d->{address}\@$d->{port}",
           '--threads', 2);

# Not beside the store: what is there stays readable.
my $away = File::Temp::tempdir('keys-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $dir = "$away/zsk";
my ($status, $said);

$d->fill($d->ZONE . $d->DEVICE);
$d->allow_log(qr/./);               # this test reads the log itself
mkdir($dir) or die("mkdir: $!");
chmod(0755, $away);

my $zsk = keygen('ECDSAP256SHA256', 'devices.example');
my $ed = keygen('ED25519', 'devices.example');
my @keys = (['P-256', $zsk], ['Ed25519', $ed]);
my @pems = map { pem(@$_) } @keys;


# What is wrong is named.

refused(qr/--keys \S+nowhere: No such file/, 'no directory', "$away/nowhere");
mkdir("$away/empty");
refused(qr/--keys \S+empty: no private key there/, 'an empty directory',
        "$away/empty");
touched("$away/empty/README", 'x');
touched("$away/empty/$zsk.key", slurp("$dir/$zsk.key"));
refused(qr/--keys \S+empty: no private key there/, 'public keys alone',
        "$away/empty");

for my $case (
    ['a private key alone', qr/\Q$zsk\E\.key/, sub { unlink("$dir/$zsk.key") }],
    ['one that is broken', qr/\Q$zsk\E\.private/,
     sub { touched("$dir/$zsk.private", "Private-key-format: v1.3\n") }],
    ['another key\'s private half', qr/\Q$zsk\E\.private: .*not the private key/,
     sub { touched("$dir/$zsk.private", slurp_other()) }],
    ['another algorithm', qr/x\.key: .*algorithm 8/,
     sub { touched("$dir/x.private", "Private-key-format: v1.3\n");
           touched("$dir/x.key", "devices.example. IN DNSKEY 256 3 8 AwEAAQ==\n")
     }],
    ['one key twice', qr/copy\.private: a key of the same zone, algorithm and tag/,
     sub { touched("$dir/copy.$_", slurp("$dir/$zsk.$_")) for qw(key private) }],
) {
    my ($label, $pattern, $spoil) = @$case;
    my %good = map { $_ => slurp($_) } glob("$dir/*");

    $spoil->();
    refused($pattern, $label, $dir);
    ($status, $said) = $d->run(@run, '--keys', $dir, '--check');
    is($status, 1, '... by --check, too');

    $good{$_} // unlink($_) for glob("$dir/*");
    touched($_, $good{$_}) for keys(%good);
}

SKIP: {
    skip('root reads all', 2) if $> == 0;

    chmod(0, "$dir/$zsk.private");
    refused(qr/\Q$zsk\E\.private: Permission denied/, 'one that is not ours',
            $dir);
    chmod(0600, "$dir/$zsk.private");
}

($status, $said) = $d->run(@run, '--keys', $dir, '--check');
is($status, 0, '--check of what is right') or diag($said);
like($said, qr/no mistakes found/, '... says so');
unlike($said, qr/warning/, '... without a warning');
unlike($said, qr/Key:|\Q@{[(secret($zsk))[0]]}\E/, '... and shows no secret');


# What is unwise is told.

chmod(0640, "$dir/$zsk.private");
chown(-1, 1, "$dir/$zsk.private") if $> == 0;
like(checked(), qr/warning: \S+\Q$zsk\E\.private: a private key that others may read \(mode 0640\)/,
     'a group that may read a private key');
chown(-1, 0, "$dir/$zsk.private") if $> == 0;
unlike(checked(), qr/warning/, 'root\'s group is root') if $> == 0;
chmod(0604, "$dir/$zsk.private");
like(checked(), qr/warning: \S+\Q$zsk\E\.private: .* \(mode 0604\)/,
     'anybody who may');
chmod(0600, "$dir/$zsk.private");

my ($tag) = $zsk =~ /\+0*(\d+)$/;
my $ksk = keygen('ECDSAP256SHA256', '-f', 'KSK', 'devices.example');
my $csk = keygen('ECDSAP256SHA256', '-f', 'KSK', 'csk.example');
$said = checked();
like($said, qr/warning: \S+\Q$ksk\E\.private: a key-signing key, which dnsd does not need: not used/,
     'a KSK beside a ZSK');
like($said, qr/warning: \S+\Q$csk\E\.private: a key-signing key for all of csk\.example\./,
     'a KSK alone');
like($said, qr/^dnsd: keys: devices\.example\.: algorithm 13, tag $tag$/m,
     'the ZSK is taken');
is(() = $said =~ /^dnsd: keys: /mg, @keys + @pems + 1,
   '... and all but the KSK');
unlink(glob("$dir/$_.*")) for $ksk, $csk;


# At work: out of reach.

$d->start('--keys', $dir, '--threads', 2);
my $dac = $> == 0 && $d->log() =~ /no Landlock/;

SKIP: {
    skip('a build for tests reads all files', 1) if $ENV{SRV_ASAN} || $dac;
    unlike($d->log(), qr/can still be read/, 'the files cannot be had again');
}

SKIP: {
    skip('not root', 9) if $> != 0;

    like(slurp("/proc/$d->{pid}/limits"), qr/^Max core file size\s+0\s+0\s/m,
         'no core, and none to be had');

    skip('a sanitizer\'s memory is without end', 8) if $ENV{SRV_ASAN};

    my $found = secrets_in($d->{pid});

    for my $key (@keys, @pems) {
        my ($what, $base) = @$key;

        is($found->{$base}{dumped}, undef, "$what: in no memory that is dumped");
        is($found->{$base}{kept}, 'dd lo', '... in memory that is locked');
    }
}

is($d->query('dev1.devices.example', 'A', do => 1)->header->rcode, 'NOERROR',
   'answers');


# SIGHUP changes rates, not keys.

is($d->stop(), 0, 'stopped');
touched("$d->{dir}/conf", "sign-rate 10\nsign-rate-tcp 5\n");
$d->start('--config', "$d->{dir}/conf", '--keys', $dir);
touched("$d->{dir}/conf", "sign-rate 20\nsign-rate-tcp 5\nkeys $away/empty\n");
kill('HUP', $d->{pid});
ok($d->wait_log(qr/^dnsd: reloaded$/m), 'reloaded');
ok($d->wait_log(qr/^dnsd: keys: those of the start stay; others in \Q$dir\E /m),
   '... and the keys are not, which is told');
is($d->stop(), 0, 'stopped');

touched("$d->{dir}/conf", "keys $dir\n");
$d->start('--config', "$d->{dir}/conf");
touched("$d->{dir}/conf", "keys $away/empty\n");
kill('HUP', $d->{pid});
ok($d->wait_log(qr/^dnsd: keys: a change takes effect with the next start$/m),
   'another directory is for the next start');
is($d->stop(), 0, 'stopped');

for my $wrong (0, -1, 'x', 1000001) {
    ($status, $said) = $d->run(@run, '--sign-rate', $wrong);
    like($said, qr/--sign-rate $wrong: not a number from 1 to 1000000/,
         "--sign-rate $wrong");
}


# Beside the store everything that we may read can be read later.

SKIP: {
    skip('files are all closed, or all open', 2) if $ENV{SRV_ASAN} || $dac;

    my $beside = "$d->{dir}/keys";

    mkdir($beside);
    touched("$beside/$zsk.$_", slurp("$dir/$zsk.$_")) for qw(key private);
    $d->start('--keys', $beside);
    like($d->log(), qr/warning: \S+\Q$zsk\E\.private: can still be read by dnsd at work/,
         'keys beside the store');
    is($d->stop(), 0, 'stopped');
}

SKIP: {
    skip('not root', 5) if $> != 0;

    my ($uid, $gid) = (getpwnam('daemon'))[2, 3];
    my $before = length($d->log());

    chown($uid, $gid, $d->{store}, glob("$d->{store}/*"));
    $d->start('--user', 'daemon', '--keys', $dir, '--sandbox=off');
    unlike(substr($d->log(), $before), qr/can still be read/,
           'root\'s keys, read before its rights are gone');
    is($d->stop(), 0, 'stopped');

    # Who may lock nothing is told what it takes.

    my ($setpriv, $prlimit) = map { program($_) } qw(setpriv prlimit);
    skip('no setpriv or prlimit', 3) if !$setpriv || !$prlimit;

    chown($uid, $gid, glob("$dir/*"), $away, $dir);
    $d->{wrapper} = [$prlimit, '--memlock=0', $setpriv, "--reuid=$uid",
                     "--regid=$gid", '--clear-groups', '--'];
    ($status, $said) = $d->run(@run, '--keys', $dir);
    delete $d->{wrapper};

    skip('daemon cannot run dnsd', 3) if $said !~ /^dnsd:/m;

    is($status, 1, 'no memory may be locked');
    like($said, qr/--keys \S+: cannot lock 64 KiB of memory for private keys: RLIMIT_MEMLOCK is 0 KiB \(LimitMEMLOCK=/,
         '... and what to do about it');
    unlike($said, qr/listening/, '... before anything is answered');
}

done_testing();


# Returns the base name of a new key in $dir.

sub keygen
{
    my ($algorithm, @options) = @_;

    my $name = qx($keygen -q -K $dir -a $algorithm @options);

    chomp($name);

    return $name;
}


sub refused
{
    my ($pattern, $label, $keys) = @_;

    my ($status, $said) = $d->run(@run, '--keys', $keys);

    is($status, 1, $label);
    like($said, $pattern, '... is named');
}


sub checked
{
    return ($d->run(@run, '--keys', $dir, '--check'))[1];
}


sub slurp
{
    my ($file) = @_;

    open(my $in, '<', $file) or die("$file: $!");
    local $/;

    return scalar(<$in>);
}


sub touched
{
    my ($file, $text) = @_;

    open(my $out, '>', $file) or die("$file: $!");
    print $out $text;
    close($out);
    chmod(0600, $file);
}


# A key that belongs to no other of ours.

sub slurp_other
{
    my $other = keygen('ECDSAP256SHA256', 'devices.example');
    my $text = slurp("$dir/$other.private");

    unlink(glob("$dir/$other.*"));

    return $text;
}


# Another key of the same kind, as PKCS #8: its name and its base.

sub pem
{
    my ($what) = @_;

    my $base = "pem-$what";
    my $p256 = $what eq 'P-256';
    my $text = qx(openssl genpkey -algorithm @{[$p256
        ? 'EC -pkeyopt ec_paramgen_curve:P-256' : 'ED25519']} 2>/dev/null);

    touched("$dir/$base.pem", $text);

    my $public = substr(qx(openssl pkey -in $dir/$base.pem -pubout -outform DER),
                        $p256 ? -64 : -32);

    touched("$dir/$base.key", 'devices.example. IN DNSKEY 256 3 '
        . ($p256 ? 13 : 15) . ' ' . encode_base64($public, '') . "\n");

    return ["$what, PEM", $base];
}


# A key's base64, and its bytes.  In PKCS #8 they stand behind the last header
# of 32 octets.

sub secret
{
    my ($base) = @_;

    if (-e "$dir/$base.pem") {
        my ($text) = slurp("$dir/$base.pem") =~ /KEY-----\n(.*?)\n-----END/s;
        my $der = decode_base64($text);
        my ($at) = $der =~ /^.{8,40}?\x04\x20/s ? $+[0] : die('no key');

        return (substr($text, int($at / 3) * 4 + 4, 32),
                substr($der, $at, 32));
    }

    my ($secret) = slurp("$dir/$base.private") =~ /^PrivateKey: (\S+)/m;

    return ($secret, decode_base64($secret));
}


# Where the keys lie: { base => { dumped => ..., kept => 'dd lo' } }.  As
# bytes in either order (a big number begins with its end), as halves of them,
# and as the file has it.

sub secrets_in
{
    my ($pid) = @_;

    my (%found, %needles);

    for my $base (map { $_->[1] } @keys, @pems) {
        my ($text, $bytes) = secret($base);

        $needles{$base} = [map { quotemeta } $text, $bytes,
            scalar(reverse($bytes)), substr($bytes, 0, 16),
            substr($bytes, 16), scalar(reverse(substr($bytes, 0, 16))),
            scalar(reverse(substr($bytes, 16)))];
    }

    open(my $mem, '<:raw', "/proc/$pid/mem") or die("mem: $!");

    for my $mapping (mappings($pid)) {
        next if $mapping->{text} =~ /data\.mdb|\[v/;
        sysseek($mem, $mapping->{from}, 0) or next;
        sysread($mem, my $bytes, $mapping->{len}) or next;

        for my $base (keys(%needles)) {
            next if !grep { $bytes =~ /$_/ } @{ $needles{$base} };

            if ($mapping->{flags} =~ /\bdd\b/) {
                $found{$base}{kept} = join(' ',
                    grep { $mapping->{flags} =~ /\b$_\b/ } qw(dd lo));
            } else {
                $found{$base}{dumped} = $mapping->{text};
            }
        }
    }

    return \%found;
}


# What can be read of a process: { from, len, flags, text }.

sub mappings
{
    my ($pid) = @_;

    my @mappings;

    no warnings qw(portable);           # addresses have 64 bits

    for my $line (split(/\n/, slurp("/proc/$pid/smaps"))) {
        if ($line =~ /^([0-9a-f]+)-([0-9a-f]+) r/) {
            push(@mappings, { from => hex($1), len => hex($2) - hex($1),
                              text => $line, readable => 1 });

        } elsif ($line =~ /^[0-9a-f]+-[0-9a-f]+ /) {
            push(@mappings, { });

        } elsif ($line =~ /^VmFlags: (.*)/) {
            $mappings[-1]{flags} = $1;
        }
    }

    return grep { $_->{readable} } @mappings;
}
