#!/usr/bin/perl

# Files that are no store of ours, of a newer format, or not whole: nginx and
# dnsd refuse them, say what they found, and leave every byte as it was.

use strict;
use warnings;

use Digest::SHA ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

# What mdb_load makes another program's file of.
use constant ANOTHER => <<'END';
VERSION=3
format=bytevalue
type=btree
mapsize=1048576
maxreaders=126
HEADER=END
 6b6579
 76616c7565
DATA=END
END

my $t = SrvRegistrar->new(workers => 1);
my $store = $t->path('store');
my $device = $t->device('device');

$t->start();
$device->enroll();
$t->stop_nginx();

my $good = $t->read('store/data.mdb');
my $dump = SrvRegistrar::run('mdb_dump', $store);

# Our format record: its magic, then the version.
my $magic = qr/5352562d5245470a/;

like($dump, qr/^ ${magic}0001/m, 'the dump has our format record');

case('text', "something else\n" x 1000, qr/not a file of LMDB/);
case('two bytes', 'xx', qr/not a file of LMDB/);
case('half of a meta page', substr($good, 0, 100), qr/not a file of LMDB/);
case('meta pages of zeros', "\0" x 8192 . substr($good, 8192),
    qr/not a file of LMDB/);
case('another LMDB\'s', change($good, 20, pack('V', 999)),
    qr/another version of LMDB/);
case('another program\'s', load(ANOTHER), qr/1 entries, but not a store/);
case('a newer format', load($dump =~ s/^( $magic)0001/${1}0002/mr),
    qr/format 2, this program knows 1/);
case('a format record that is damaged',
    load($dump =~ s/^( ${magic}0001\w*)00\n/${1}01\n/mr
         =~ s/^( ${magic}0001\w{6})../${1}ff/mr),
    qr/format record .* damaged/);
case('the good one', $good, undef);

done_testing();


# Both programs, started on a file of these bytes.

sub case
{
    my ($name, $bytes, $message) = @_;

    subtest $name => sub {
        unlink(glob("$store/*"));
        $t->write('store/data.mdb', $bytes);

        my $digest = Digest::SHA::sha256_hex($bytes);
        my $log = length($t->read('error.log'));

        $t->start();

        my $outcome = outcome($device->enroll());

        $t->start_dnsd();
        $t->{dnsd}->allow_log(qr/answering SERVFAIL until that changes/);

        my $rcode = $t->query("www.$t->{zone}", 'A')->header->rcode;

        $t->{dnsd}->stop();
        $t->stop_nginx();

        if (!$message) {
            is($outcome, '200', 'nginx takes it');
            is($rcode, 'NOERROR', 'dnsd, too');
            return;
        }

        my $said = substr($t->read('error.log'), $log);

        is($outcome, '503 store-unavailable', 'nginx refuses it');
        like($said, qr/\[error\].*\Q$store\E/, 'names the file');
        like($said, $message, 'and says what it found');
        is($rcode, 'SERVFAIL', 'dnsd refuses it');
        like($t->{dnsd}->log(), $message, 'and says why')
            if -e "$store/lock.mdb";
        is(Digest::SHA::sha256_hex($t->read('store/data.mdb')), $digest,
            'every byte stays');
    };
}


# On both meta pages.

sub change
{
    my ($bytes, $at, $new) = @_;

    substr($bytes, $_ + $at, length($new), $new) for 0, 4096;

    return $bytes;
}


# The file that mdb_load makes of a dump.

sub load
{
    my ($text) = @_;

    my $dir = $t->path('loaded');

    mkdir($dir);
    unlink(glob("$dir/*"));
    open(my $pipe, '|-', 'mdb_load', $dir) or die("mdb_load: $!");
    print $pipe $text =~ s/^db_pagesize.*\n//mr;    # which it does not know
    close($pipe) or die("mdb_load failed: $?");

    return $t->read('loaded/data.mdb');
}
